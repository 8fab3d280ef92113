// Content that somebody is about to use: a pull that counts on a layer another image brought, a load that has stored
// one of two layers. What is held is not collected; what was to be collected meanwhile is when nobody holds it.

export interface Content {
  /** Chain ids. */
  layers: readonly string[]
  /** Digests. */
  blobs: readonly string[]
}

export interface Lease extends Disposable {
  /** From now on these stay. To be called before it is looked whether they are there. */
  hold(content: Partial<Content>): void
}

export interface Leases {
  open(): Lease
  /** The part of it that nobody holds; the rest is remembered and given to `collect` later. */
  unheld(content: Content): Content
}

/** `collect` removes what nothing refers to, of content whose removal had to wait. */
export function createLeases(collect: (content: Content) => void): Leases {
  const open = new Set<{ layers: Set<string>; blobs: Set<string> }>()
  let waiting = { layers: new Set<string>(), blobs: new Set<string>() }
  const isHeld = (kind: keyof Content, key: string) => [...open].some(held => held[kind].has(key))

  function unheld(content: Content): Content {
    const free = (kind: keyof Content) =>
      content[kind].filter(key => {
        if (!isHeld(kind, key)) return true
        waiting[kind].add(key)
        return false
      })
    return { layers: free('layers'), blobs: free('blobs') }
  }

  return {
    unheld,
    open() {
      const held = { layers: new Set<string>(), blobs: new Set<string>() }
      open.add(held)
      return {
        hold({ layers = [], blobs = [] }) {
          for (const layer of layers) held.layers.add(layer)
          for (const blob of blobs) held.blobs.add(blob)
        },
        [Symbol.dispose]() {
          if (!open.delete(held)) return
          const { layers, blobs } = waiting
          if (layers.size === 0 && blobs.size === 0) return
          waiting = { layers: new Set(), blobs: new Set() }
          collect({ layers: [...layers], blobs: [...blobs] })
        },
      }
    },
  }
}
