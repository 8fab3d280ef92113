// Names, groups and tables that belong to one engine, computed from its data root so that two engines on one host
// never touch each other's.
import { createHash } from 'node:crypto'

export interface LinkNames {
  /** All links of this engine begin with it. */
  prefix: string
  /** The nftables table. */
  table: string
  /** The link group of links in use, and of those to be deleted together. */
  group: number
  doomedGroup: number
  bridge(networkId: string): string
  veth(endpointId: string): string
}

/** Link names have at most 15 characters (IFNAMSIZ). */
export function linkNames(dataRoot: string): LinkNames {
  const hash = createHash('sha256').update(dataRoot).digest()
  const mark = hash.toString('hex').slice(0, 4)
  const prefix = `tsc${mark}`
  const group = (hash.readUInt32LE(4) & 0x7ffffffe) | 0x1000
  return {
    prefix,
    table: `tsc_compose_${mark}`,
    group,
    doomedGroup: group + 1,
    bridge: id => `${prefix}b${id.slice(0, 7)}`,
    veth: id => `${prefix}v${id.slice(0, 7)}`,
  }
}
