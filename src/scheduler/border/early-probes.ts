// `healthcheck.x-early-probes`, as a label for the engine.
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
