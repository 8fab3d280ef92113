// How a service uses the resources of its project: ports, mounts, networks, configs and secrets.

export interface Port {
  name?: string
  mode?: string
  hostIp?: string
  /** The container's port. */
  target: number
  /** A host port or a range `8000-8010`; absent: the engine picks one. */
  published?: string
  /** `tcp`, `udp` or `sctp`. */
  protocol?: string
  appProtocol?: string
  extensions: Record<string, unknown>
}

export interface VolumeMount {
  type: 'bind' | 'volume' | 'tmpfs' | 'image' | 'npipe' | 'cluster'
  /** bind: an absolute path; volume: a key of the project's volumes, or absent for an anonymous one. */
  source?: string
  target?: string
  readOnly?: boolean
  consistency?: string
  bind?: BindOptions
  volume?: VolumeOptions
  tmpfs?: TmpfsOptions
  image?: ImageOptions
  extensions: Record<string, unknown>
}

export interface BindOptions {
  selinux?: string
  propagation?: string
  /** False: a missing source is an error; true: it is made. */
  createHostPath: boolean
  recursive?: string
  extensions: Record<string, unknown>
}

export interface VolumeOptions {
  labels: Record<string, string>
  nocopy?: boolean
  subpath?: string
  extensions: Record<string, unknown>
}

export interface TmpfsOptions {
  /** Bytes. */
  size?: number
  mode?: number
  extensions: Record<string, unknown>
}

export interface ImageOptions {
  subpath?: string
  extensions: Record<string, unknown>
}

/** The service's end of a network. */
export interface NetworkAttachment {
  aliases: string[]
  driverOpts: Record<string, string>
  gwPriority?: number
  interfaceName?: string
  ipv4Address?: string
  ipv6Address?: string
  linkLocalIps: string[]
  macAddress?: string
  /** The highest is connected first. */
  priority?: number
  extensions: Record<string, unknown>
}

/** A config or secret of the project, as a file in the container or in a build. */
export interface FileReference {
  /** A key of the project's configs or secrets. */
  source: string
  target?: string
  uid?: string
  gid?: string
  mode?: number
  extensions: Record<string, unknown>
}

/** A `single` limit is both soft and hard. */
export interface Ulimit {
  single?: number
  soft?: number
  hard?: number
  extensions: Record<string, unknown>
}
