// The top-level sections beside services.
import type { config, model, network, secret, volume } from '../../../../schema/resources.ts'
import { alwaysThere, group, listOf, mapOf, type Shape } from '../kinds/collection.ts'
import type { RowsOf } from '../kinds/rows.ts'
import { flag, integer, optionalFlag, text } from '../kinds/scalar.ts'
import { mapping } from '../kinds/special.ts'
import { needed, texts } from './common.ts'

type IpamDefinition = (typeof network)['properties']['ipam']

/** What a resource has of its own: the engine's name is `<project>_<key>` unless the file gave one. */
const common = {
  name: needed,
  /** True: it must exist, and is never created nor removed. */
  external: flag,
  labels: mapping,
}

const makeIpam = () =>
  group({
    driver: text,
    config: listOf(
      group({ subnet: text, gateway: text, ipRange: text, auxAddresses: mapping } satisfies RowsOf<
        IpamDefinition['properties']['config']
      >),
    ),
    options: mapping,
  } satisfies RowsOf<IpamDefinition>)

/** `networks.<key>`. */
export type NetworkAttributes = Shape<typeof makeNetwork>

export const makeNetwork = () =>
  group({
    name: common.name,
    driver: text,
    driverOpts: mapping,
    ipam: alwaysThere(makeIpam()),
    external: common.external,
    internal: flag,
    attachable: flag,
    labels: common.labels,
    enableIpv4: optionalFlag,
    enableIpv6: optionalFlag,
  } satisfies RowsOf<typeof network>)

/** `volumes.<key>`. */
export type VolumeAttributes = Shape<typeof makeVolume>

export const makeVolume = () =>
  group({
    name: common.name,
    driver: text,
    driverOpts: mapping,
    external: common.external,
    labels: common.labels,
  } satisfies RowsOf<typeof volume>)

/** `configs.<key>`; a config with `environment` has its value in `content`. */
export type Config = Shape<typeof makeConfig>

export const makeConfig = () =>
  group({
    name: common.name,
    /** Absolute path. */
    file: text,
    environment: text,
    content: text,
    external: common.external,
    labels: common.labels,
    templateDriver: text,
  } satisfies RowsOf<typeof config>)

/** `secrets.<key>`. */
export type Secret = Shape<typeof makeSecret>

export const makeSecret = () =>
  group({
    name: common.name,
    /** Absolute path. */
    file: text,
    environment: text,
    /** The value of `environment`; never shown. */
    content: text,
    external: common.external,
    labels: common.labels,
    driver: text,
    driverOpts: mapOf(needed),
    templateDriver: text,
  } satisfies RowsOf<typeof secret> & { content: unknown })

/** `models.<key>`. */
export type Model = Shape<typeof makeModel>

export const makeModel = () =>
  group({
    name: needed,
    model: needed,
    contextSize: integer,
    runtimeFlags: texts,
  } satisfies RowsOf<typeof model>)
