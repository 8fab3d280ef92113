// `services.<name>.deploy`, and the device requests that `gpus` shares with it.

export interface Deploy {
  mode?: string
  replicas?: number
  labels: Record<string, string>
  updateConfig?: UpdateConfig
  rollbackConfig?: UpdateConfig
  resources: Resources
  restartPolicy?: RestartPolicy
  placement: Placement
  endpointMode?: string
  extensions: Record<string, unknown>
}

/** Durations in nanoseconds. */
export interface UpdateConfig {
  parallelism?: number
  delay?: number
  failureAction?: string
  monitor?: number
  maxFailureRatio?: number
  order?: string
  extensions: Record<string, unknown>
}

export interface Resources {
  limits?: ResourceAmounts
  reservations?: ResourceAmounts
  extensions: Record<string, unknown>
}

/** `cpus` in cores, `memory` in bytes. */
export interface ResourceAmounts {
  cpus?: number
  memory?: number
  pids?: number
  devices: DeviceRequest[]
  genericResources: GenericResource[]
  extensions: Record<string, unknown>
}

export interface GenericResource {
  discreteResourceSpec?: { kind: string; value: number; extensions: Record<string, unknown> }
  extensions: Record<string, unknown>
}

export interface DeviceRequest {
  capabilities: string[]
  driver?: string
  /** -1 means all. */
  count?: number
  deviceIds: string[]
  options: Record<string, string>
}

/** Durations in nanoseconds. */
export interface RestartPolicy {
  condition?: string
  delay?: number
  maxAttempts?: number
  window?: number
  extensions: Record<string, unknown>
}

export interface Placement {
  constraints: string[]
  preferences: { spread?: string; extensions: Record<string, unknown> }[]
  maxReplicasPerNode?: number
  extensions: Record<string, unknown>
}
