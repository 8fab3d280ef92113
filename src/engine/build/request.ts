// What is to be built, whoever asked for it: POST /build and our own route make this of what they are given.
import type { HostConfig } from '../../docker/protocol/types.ts'
import type { Credentials } from '../../registry/credentials.ts'

export interface BuildRequest {
  /** A folder of the host that holds the context. Undefined: there is none but the Dockerfile. */
  context: string | undefined
  /** Its files may change: they are the user's own, not a copy that was sent. */
  live: boolean
  /** Below the context, or anywhere on the host where it is absolute. */
  dockerfile: { path: string } | { text: string }
  target: string | undefined
  /** A value of null is taken from nowhere: the argument is not set. */
  args: Readonly<Record<string, string>>
  /** By name: an absolute folder, a git address, `docker-image://…`, or `local-image://…` of one that is here. */
  contexts: Readonly<Record<string, string>>
  tags: readonly string[]
  labels: Readonly<Record<string, string>>
  /** `os/architecture[/variant]` */
  platform: string | undefined
  noCache: boolean
  /** Stages that are built anew. */
  noCacheFilter: readonly string[]
  /** Asks the registries for newer base images. */
  pull: boolean
  /** Of RUN: `default`, `none`, `host`, or a network's name. */
  network: string
  extraHosts: readonly string[]
  shmSize: number | undefined
  ulimits: NonNullable<HostConfig['Ulimits']>
  memory: number | undefined
  memorySwap: number | undefined
  cpuShares: number | undefined
  cpuQuota: number | undefined
  cpuPeriod: number | undefined
  cpusetCpus: string | undefined
  cgroupParent: string | undefined
  /** `security.insecure`, `network.host` */
  entitlements: readonly string[]
  secrets: ReadonlyMap<string, Buffer>
  /** Sockets of SSH agents on the host, by id. */
  ssh: ReadonlyMap<string, string>
  /** Images that tell what they were made of. */
  cacheFrom: readonly string[]
  /** Where the steps of this one go, all of them or those of its result. */
  cacheTo: readonly { name: string; mode: 'min' | 'max'; ignoreError: boolean }[]
  /** The image tells what it was made of, for `cacheFrom` elsewhere. */
  inlineCache: boolean
  credentials: (registry: string) => Credentials | undefined
}
