// One service of a Project. Sizes are bytes, durations nanoseconds, paths absolute;
// lists and maps are always present, scalars and groups only when they say something.
import type { Build } from './service-build.ts'
import type { Deploy, DeviceRequest } from './service-deploy.ts'
import type { FileReference, NetworkAttachment, Port, Ulimit, VolumeMount } from './service-resources.ts'

export interface Service {
  name: string
  /** The value of the label `com.docker.compose.config-hash`, equal to Docker Compose's. */
  configHash: string
  profiles: string[]
  annotations: Record<string, string>
  /** Absent means true: `up` shows its output. */
  attach?: boolean
  build?: Build
  develop?: Develop
  blkioConfig?: BlkioConfig
  capAdd: string[]
  capDrop: string[]
  cgroupParent?: string
  cgroup?: string
  cpuCount?: number
  cpuPercent?: number
  cpuPeriod?: number
  cpuQuota?: number
  cpuRtPeriod?: number
  cpuRtRuntime?: number
  cpus?: number
  cpuset?: string
  cpuShares?: number
  /** null: the image's. An empty list clears the image's. */
  command: string[] | null
  configs: FileReference[]
  containerName?: string
  credentialSpec?: CredentialSpec
  /** By service name; also what links, volumes_from and service namespaces imply. */
  dependsOn: Record<string, Dependency>
  deploy?: Deploy
  deviceCgroupRules: string[]
  devices: DeviceMapping[]
  dns: string[]
  dnsOpt: string[]
  dnsSearch: string[]
  domainname?: string
  /** null: the image's. An empty list clears the image's entrypoint and command. */
  entrypoint: string[] | null
  provider?: Provider
  /** Files and `environment` together, resolved; null: the variable is to be unset. */
  environment: Record<string, string | null>
  /** Already read into `environment`. */
  envFile: EnvFile[]
  expose: string[]
  externalLinks: string[]
  /** Host name to its addresses. */
  extraHosts: Record<string, string[]>
  groupAdd: string[]
  gpus: DeviceRequest[]
  hostname?: string
  healthcheck?: Healthcheck
  image?: string
  init?: boolean
  ipc?: string
  isolation?: string
  /** Files and `labels` together. Compose's own labels are not among them. */
  labels: Record<string, string>
  /** Already read into `labels`. */
  labelFile: string[]
  links: string[]
  logging?: Logging
  memLimit?: number
  memReservation?: number
  memswapLimit?: number
  memSwappiness?: number
  macAddress?: string
  models: Record<string, ModelReference | null>
  /** Excludes `networks`. */
  networkMode?: string
  networks: Record<string, NetworkAttachment | null>
  oomKillDisable?: boolean
  oomScoreAdj?: number
  pid?: string
  pidsLimit?: number
  platform?: string
  ports: Port[]
  privileged?: boolean
  pullPolicy?: string
  readOnly?: boolean
  restart?: string
  runtime?: string
  /** Replicas; `deploy.replicas` agrees with it. Ask `replicasOf` for the number. */
  scale?: number
  secrets: FileReference[]
  securityOpt: string[]
  shmSize?: number
  stdinOpen?: boolean
  /** Nanoseconds; absent means 10 s. */
  stopGracePeriod?: number
  stopSignal?: string
  storageOpt: Record<string, string>
  sysctls: Record<string, string>
  tmpfs: string[]
  tty?: boolean
  ulimits: Record<string, Ulimit>
  useApiSocket?: boolean
  user?: string
  usernsMode?: string
  uts?: string
  volumes: VolumeMount[]
  volumesFrom: string[]
  workingDir?: string
  preStart: Hook[]
  postStart: Hook[]
  preStop: Hook[]
  extensions: Record<string, unknown>
}

export interface Dependency {
  condition: 'service_started' | 'service_healthy' | 'service_completed_successfully'
  /** Restart the dependent when Compose restarts or recreates this one. */
  restart?: boolean
  /** False: its absence or failure is only warned about. */
  required: boolean
  extensions: Record<string, unknown>
}

/** Durations in nanoseconds. */
export interface Healthcheck {
  /** `NONE`, `CMD` or `CMD-SHELL` and its arguments. */
  test: string[]
  timeout?: number
  interval?: number
  retries?: number
  startPeriod?: number
  startInterval?: number
  disable?: boolean
  extensions: Record<string, unknown>
}

export interface Hook {
  command: string[] | null
  /** `pre_start` only. */
  image?: string
  user?: string
  privileged?: boolean
  workingDir?: string
  environment: Record<string, string | null>
  /** `pre_start` only. */
  perReplica?: boolean
  extensions: Record<string, unknown>
}

export interface Logging {
  driver?: string
  options: Record<string, string>
  extensions: Record<string, unknown>
}

export interface EnvFile {
  path: string
  /** Absent means true. */
  required?: boolean
  format?: string
}

export interface DeviceMapping {
  source?: string
  target?: string
  permissions?: string
  extensions: Record<string, unknown>
}

export interface CredentialSpec {
  config?: string
  file?: string
  registry?: string
  extensions: Record<string, unknown>
}

export interface Provider {
  type: string
  options: Record<string, string[]>
  extensions: Record<string, unknown>
}

export interface ModelReference {
  endpointVar?: string
  modelVar?: string
  extensions: Record<string, unknown>
}

export interface BlkioConfig {
  weight?: number
  weightDevice: WeightDevice[]
  deviceReadBps: ThrottleDevice[]
  deviceReadIops: ThrottleDevice[]
  deviceWriteBps: ThrottleDevice[]
  deviceWriteIops: ThrottleDevice[]
  extensions: Record<string, unknown>
}

export interface WeightDevice {
  path: string
  weight: number
  extensions: Record<string, unknown>
}

export interface ThrottleDevice {
  path: string
  rate: number
  extensions: Record<string, unknown>
}

export interface Develop {
  watch: WatchTrigger[]
  extensions: Record<string, unknown>
}

export interface WatchTrigger {
  /** Absolute. */
  path: string
  action: 'rebuild' | 'restart' | 'sync' | 'sync+restart' | 'sync+exec'
  target?: string
  exec?: Hook
  include: string[]
  ignore: string[]
  initialSync?: boolean
  extensions: Record<string, unknown>
}

/** A copy that differs in these attributes, and in its hash if they are part of it. */
export function withChanges(service: Service, changes: Partial<Service>): Service {
  // Descriptors, not values: the hash stays to be computed when it is asked for.
  const copy = Object.defineProperties({}, Object.getOwnPropertyDescriptors(service)) as Service // all of its properties
  return Object.assign(copy, changes)
}

/** How many containers the service is to have. */
export function replicasOf(service: Service): number {
  return service.scale ?? service.deploy?.replicas ?? 1
}
