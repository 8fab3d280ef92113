// `healthcheck.x-early-probes`, as a label for our engine; on another one by what its health checks know.
import type { ContainerCreateRequest, HealthConfig } from '../../docker/protocol/types.ts'
import type { Service } from '../../model/project/service.ts'
import { earlyProbesLabel } from '../../shared/early-probes.ts'
import { ComposeError } from '../../shared/errors.ts'

/** Empty unless the service is without early probes. */
export function earlyProbesLabels({ name, healthcheck }: Service): Record<string, string> {
  // A variable makes it a text.
  const asked = String(healthcheck?.extensions['x-early-probes'] ?? true)
  if (asked === 'true') return {}
  if (asked === 'false') return { [earlyProbesLabel]: 'false' }
  throw new ComposeError(
    'invalid_argument',
    `services.${name}.healthcheck.x-early-probes must be true or false, not ${JSON.stringify(asked)}`,
  )
}

/** Docker Compose's hash does not tell of it. `image`: the labels that the container has from its image. */
export function earlyProbesChanged(
  service: Service,
  container: Readonly<Record<string, string>>,
  image: Readonly<Record<string, string>>,
): boolean {
  const wanted = { ...image, ...service.labels, ...earlyProbesLabels(service) }
  return wanted[earlyProbesLabel] !== container[earlyProbesLabel]
}

/** Nanoseconds: of Docker Engine's health checks while a container is starting. */
const startInterval = 500e6
const defaultInterval = 30e9

/**
 * For a Docker Engine, which probes more often only within a start period: such a one until the first regular probe, in
 * which nothing counts but success. After it all is as without. A container without early probes, or with a
 * start_interval of its own, is left as it is.
 */
export function withStartInterval({ Healthcheck, Labels }: ContainerCreateRequest): HealthConfig | undefined {
  if (!Healthcheck || Healthcheck.Test?.[0] === 'NONE' || Healthcheck.StartInterval) return Healthcheck
  if (Labels?.[earlyProbesLabel] === 'false') return Healthcheck
  // What the image says of its own check isn't known here.
  if (!Healthcheck.Test?.length && !Healthcheck.Interval) return { ...Healthcheck, StartInterval: startInterval }
  const interval = Healthcheck.Interval || defaultInterval
  if (interval <= startInterval) return Healthcheck
  return {
    ...Healthcheck,
    StartPeriod: Math.max(Healthcheck.StartPeriod ?? 0, interval),
    StartInterval: startInterval,
  }
}
