// Where the files of COPY and of mounts come from: the context, another context by name, a stage, an image. Each is a
// folder of the host for as long as the build lasts.
import { createHash } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { DigestOptions } from '../chrooted/copy-files.ts'
import type { Selection } from '../chrooted/select-files.ts'
import { chainIds, type Layers } from '../images/layers.ts'
import { mountReadOnly, unmount } from '../kernel/mounts.ts'
import type { DigestReader } from './copying.ts'
import { diffIdsOf, type StageState } from './stage-state.ts'

export interface Source {
  /** The folder; mounted when it is first asked for. */
  path(): string
  /** Lines of .dockerignore. */
  ignored: readonly string[]
  /** Files keep owners and attributes: they are an image's. */
  ofImage: boolean
  /** What it is, where that says all: the layers of a stage. */
  identity: string | undefined
  /** The digest of what is selected, and how that looked where it may change. */
  digest(selection: Selection): Promise<SourceDigest>
}

export interface SourceDigest {
  digest: string
  stamp: string | undefined
}

export interface Sources extends Disposable {
  /** Of a folder; `live` files are the user's own, whose digests are remembered by what they look like. */
  folder(path: string, ignored: readonly string[], live: boolean): Source
  layers(state: StageState): Source
}

export interface SourcesOptions {
  folder: string
  reader: DigestReader
  layers: Layers
  /** Digests of files by folder. */
  booksFolder: string
  digests: DigestMemory
}

/** Digests of parts of layers, which never change. */
export interface DigestMemory {
  find(key: string): string | undefined
  note(key: string, digest: string): void
}

export function createSources({ folder, reader, layers, booksFolder, digests }: SourcesOptions): Sources {
  const mounted = new Map<string, string>()
  return {
    folder(path, ignored, live) {
      return {
        path: () => path,
        ignored,
        ofImage: false,
        identity: undefined,
        async digest(selection) {
          const book = live ? bookOf(path) : undefined
          const { digest, stamp } = await digestOf(path, selection, { owners: false, attributes: false, book })
          return { digest, stamp: live ? stamp : undefined }
        },
      }
    },
    layers(state) {
      const diffIds = diffIdsOf(state)
      const identity = chainIds(diffIds).at(-1) ?? 'nothing'
      const path = () => {
        const known = mounted.get(identity)
        if (known !== undefined) return known
        const place = join(folder, `source-${mounted.size}`)
        mkdirSync(place, { recursive: true })
        mounted.set(identity, place)
        mountReadOnly(place, layers.lowerFolders(diffIds))
        return place
      }
      return {
        path,
        ignored: [],
        ofImage: true,
        identity,
        async digest(selection) {
          const key = createHash('sha256')
            .update(JSON.stringify([identity, selection]))
            .digest('hex')
          const known = digests.find(key)
          if (known !== undefined) return { digest: known, stamp: undefined }
          const { digest } = await digestOf(path(), selection, { owners: true, attributes: true })
          digests.note(key, digest)
          return { digest, stamp: undefined }
        },
      }
    },
    [Symbol.dispose]() {
      for (const place of mounted.values()) {
        unmount(place)
        rmSync(place, { recursive: true, force: true })
      }
    },
  }

  async function digestOf(
    source: string,
    selection: Selection,
    digest: Omit<DigestOptions, 'known'> & { book?: string | undefined },
  ): Promise<{ digest: string; stamp: string }> {
    const { digest: found = '', stamp } = await reader.digest({ source, selection, digest })
    return { digest: found, stamp }
  }

  function bookOf(path: string): string {
    mkdirSync(booksFolder, { recursive: true, mode: 0o700 })
    return join(booksFolder, createHash('sha256').update(path).digest('hex'))
  }
}
