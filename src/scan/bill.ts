// What a bill of materials is about: one image with its packages. Documents of it have the same bytes for the same image
// and moment, so that two can be compared.
import { createHash } from 'node:crypto'
import type { Inventory } from './databases.ts'
import { type Package, purlOf } from './package.ts'

export interface ScannedImage {
  /** As the project names it. */
  name: string
  /** `sha256:…` */
  id: string
  inventory: Inventory
}

export interface BillOptions {
  /** ISO 8601, whole seconds. */
  created: string
  /** Of this program. */
  version: string
}

/** Each package once, with all places that it was found in. */
export interface BillEntry extends Package {
  purl: string
  locations: string[]
}

export function entriesOf({ distribution, packages }: Inventory): BillEntry[] {
  const entries = new Map<string, BillEntry>()
  for (const one of packages) {
    const purl = purlOf(one, distribution)
    const known = entries.get(purl)
    if (known) known.locations.push(one.location)
    else entries.set(purl, { ...one, purl, locations: [one.location] })
  }
  return [...entries.values()]
}

/** A UUID by content, of version 8 (RFC 9562). */
export function documentUuid(...of: string[]): string {
  const hex = createHash('sha256').update(JSON.stringify(of)).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
