// The one container that a command names by its service and perhaps its number.
import type { Docker } from '../docker/client/docker.ts'
import { isActive, type ObservedContainer, observe } from '../scheduler/observe/observe.ts'
import { ComposeError } from '../shared/errors.ts'

/** The first running container of a service, or its replica with this number (from 1; 0: any). */
export async function runningContainer(
  docker: Docker,
  projectName: string,
  service: string,
  index: number | undefined = 0,
): Promise<ObservedContainer> {
  const { containers } = await observe(docker, { projectName })
  const running = containers.filter(one => one.service === service && isActive(one) && !one.oneOff)
  const chosen = index > 0 ? running.find(({ number }) => number === index) : running[0]
  if (chosen) return chosen
  throw new ComposeError(
    'not_found',
    index > 0 ? `service "${service}" is not running container #${index}` : `service "${service}" is not running`,
  )
}

/** Throws in the peer's words when there are fewer words than a command needs. */
export function requireWords(words: readonly string[], least: number): void {
  if (words.length < least)
    throw new ComposeError('invalid_argument', `requires at least ${least} arg(s), only received ${words.length}`)
}
