// One service of a Project: its attributes (attributes/shapes/service.ts has them), its name and its hash.
import type { ServiceAttributes } from '../attributes/shapes/service.ts'

export interface Service extends ServiceAttributes {
  name: string
  /** The value of the label `com.docker.compose.config-hash`, equal to Docker Compose's. */
  configHash: string
  /** What providers gave it, also in `environment`; no part of the hash. Absent: they have not run. */
  given?: Record<string, string>
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
