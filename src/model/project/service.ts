// One service of a Project: its attributes (attributes/shapes/service.ts has them), its name and its hash.
import type { ServiceAttributes } from '../attributes/shapes/service.ts'

export interface Service extends ServiceAttributes {
  name: string
  /** The value of the label `com.docker.compose.config-hash`, equal to Docker Compose's. */
  configHash: string
  /** What providers gave it, also in `environment`; no part of the hash. Absent: they have not run. */
  given?: Record<string, string>
}

/** A copy that differs in these attributes, and in its hash if they are part of it and none is given. */
export function withChanges(service: Service, changes: Partial<Service>): Service {
  // Descriptors, not values: the hash stays to be computed when it is asked for.
  const copy = Object.defineProperties({}, Object.getOwnPropertyDescriptors(service)) as Service // all of its properties
  const { configHash: value, ...others } = changes
  if (value !== undefined) Object.defineProperty(copy, 'configHash', { value, enumerable: true, configurable: true })
  return Object.assign(copy, others)
}

/** How many containers the service is to have. */
export function replicasOf(service: Service): number {
  return service.scale ?? service.deploy?.replicas ?? 1
}
