// What the engine keeps of a container, written before the side effect that it describes.
import type { Own, OwnName } from '../../docker/protocol/own-names.ts'
import type { ContainerConfig, HostConfig } from '../../docker/protocol/types.ts'
import type { DnsPorts } from '../dns/server.ts'
import type { EndpointRecord } from '../networks/record.ts'
import type { Namespaces, namespaceModeNames } from './namespaces.ts'

export type Status = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead'

export interface ContainerRecord {
  /** 64 hexadecimal digits. */
  id: string
  name: string
  created: string
  /** The image as it was named. */
  imageRef: string
  imageId: string
  /** The request's configuration over the image's. */
  config: Own<ContainerConfig>
  /** The request's, with defaults; its namespace modes are below. */
  host: HostSettings
  namespaces: Namespaces
  args: string[]
  endpoints: EndpointRecord[]
  mounts: MountRecord[]
  state: StateRecord
  restartCount: number
  /** Stopped by a request: `unless-stopped` does not bring it back. */
  stoppedByRequest: boolean
  health: HealthRecord | undefined
  /** While running: ports of the container's name server. */
  dns: DnsPorts | undefined
  /** While running: host ports that were given, also those the kernel chose. */
  published: PublishedRecord[]
  runtime: string
  /** Bytes of its log that earlier containers wrote, whose place it took. */
  logStart?: number
}

/** What a container is given of its host: limits, devices, mounts as they were asked for, policies. */
export type HostSettings = Omit<Own<HostConfig>, OwnName<(typeof namespaceModeNames)[number]>>

export interface StateRecord {
  status: Status
  pid: number
  /** With the pid, the identity of the container's first process. */
  startTime: string
  exitCode: number
  oomKilled: boolean
  error: string
  startedAt: string
  finishedAt: string
}

export interface HealthRecord {
  status: 'starting' | 'healthy' | 'unhealthy'
  failingStreak: number
  log: ProbeResult[]
}

export interface ProbeResult {
  /** Moments in RFC 3339. */
  start: string
  end: string
  exitCode: number
  output: string
}

export interface PublishedRecord {
  /** `80/tcp`. */
  key: string
  hostIp: string
  hostPort: number
}

export interface MountRecord {
  type: 'bind' | 'volume' | 'tmpfs' | 'image'
  /** The volume's name, or the image. */
  name?: string
  /** Of an image. */
  imageId?: string
  /** On the host; empty for tmpfs. */
  source: string
  destination: string
  readOnly: boolean
  /** As the short form wrote it: "rw", "ro,z". */
  mode: string
  propagation: string
  recursive: boolean
  /** Of a read-only bind: whether what is mounted below is so too. Absent: where the kernel can. */
  readOnlyBelow?: 'no' | 'force' | undefined
  subpath?: string | undefined
  /** A new volume gets what the image has at this place. */
  copyUp: boolean
  anonymous: boolean
  /** mount(8) options of a tmpfs. */
  options: string[]
}

/** What Docker calls the zero of Go's time. */
export const never = '0001-01-01T00:00:00Z'

export const isRunning = ({ state }: ContainerRecord): boolean =>
  state.status === 'running' || state.status === 'paused'
