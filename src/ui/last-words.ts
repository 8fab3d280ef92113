// Why a container failed a wait: what its health check said, and what it wrote itself, go with the error.
import type { Docker } from '../docker/client/docker.ts'
import type { ContainerInspectResponse } from '../docker/protocol/types.ts'
import type { ContainerRef } from '../scheduler/border/draft.ts'
import type { Operation } from '../scheduler/plan/plan.ts'
import { ComposeError } from '../shared/errors.ts'

const shownLines = 5

export async function withLastWords(docker: Docker, failed: Operation | undefined, error: unknown): Promise<unknown> {
  const about = failed && failingContainer(failed)
  if (!about || !(error instanceof ComposeError) || error.code === 'canceled') return error
  const { container, service } = about
  const id = container.id ?? container.name
  const { streamLines } = await import('../scheduler/follow/log-streams.ts')
  const lines: string[] = []
  await streamLines(docker, id, { tail: shownLines }, line => lines.push(line)).catch(() => {})
  const inspected = await docker
    .getContainer(id)
    .inspect()
    .catch(() => undefined)
  const hint = [
    ...(inspected ? lastCheck(container.name, inspected) : []),
    ...(lines.length > 0
      ? [`${container.name} wrote last${failed.type === 'wait' ? ` (tsc-compose logs ${service} shows all)` : ''}:`]
      : []),
    ...lines.map(line => `  ${line}`),
  ]
  if (hint.length === 0) return error
  return new ComposeError(error.code, error.message, { hint: hint.join('\n'), cause: error })
}

/** Of operations that fail by what a container does. */
function failingContainer(failed: Operation): { container: ContainerRef; service: string } | undefined {
  if (failed.type === 'wait') return failed
  return failed.type === 'runStep'
    ? { container: { name: failed.draft.name }, service: failed.draft.service }
    : undefined
}

/** What the check of an unhealthy container is, how it ended, and the end of what it printed. */
export function lastCheck(name: string, { Config, State }: ContainerInspectResponse): string[] {
  const { Status, Log } = State?.Health ?? {}
  const last = Log?.at(-1)
  if (Status !== 'unhealthy' || !last) return []
  const [kind, ...words] = Config?.Healthcheck?.Test ?? []
  const check = (kind === 'CMD' || kind === 'CMD-SHELL' ? words : [kind, ...words]).join(' ')
  const printed = (last.Output ?? '').split('\n').filter(line => line.trim() !== '')
  // The engine's own word for one that it ended.
  const end = last.ExitCode === -1 ? 'failed' : `ended with ${last.ExitCode}`
  return [
    `${name}'s health check \`${check}\` ${end}${printed.length > 0 ? ':' : ', without a word'}`,
    ...printed.slice(-shownLines).map(line => `  ${line}`),
  ]
}
