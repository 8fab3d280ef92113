// Why a container failed what was waited for: how it ended, what its health check said, what it wrote itself, and what
// was not started because of it.
import { constants } from 'node:os'
import type { Docker } from '../docker/client/docker.ts'
import type { ContainerInspectResponse } from '../docker/protocol/types.ts'
import type { ContainerRef } from '../scheduler/border/draft.ts'
import type { Operation, Plan } from '../scheduler/plan/plan.ts'
import { ComposeError } from '../shared/errors.ts'
import { memoryText } from '../shared/size-text.ts'

/** As `--progress json` prints it beside the error. */
export interface FailureReport {
  service: string
  container: string
  /** How it ended. */
  end?: string
  exitCode?: number
  check?: { test: string; exitCode: number; output: string[] }
  /** What it wrote last, oldest first. */
  log: string[]
  /** Services that wait for it in vain. */
  notStarted: string[]
}

const shownLines = 20

/** The error with a report as its hint and details, where it is one of a container; else the error itself. */
export async function withReport(
  docker: Docker,
  failed: Operation | undefined,
  plan: Plan,
  error: unknown,
): Promise<unknown> {
  const about = failed && failingContainer(failed)
  if (!about || !(error instanceof ComposeError)) return error
  const { container, service, ran } = about
  const report: FailureReport = {
    service,
    container: container.name,
    ...(ran ? await lastWords(docker, container.id ?? container.name) : { log: [] }),
    notStarted: waitingServices(plan, failed, service),
  }
  const hint = [error.hint ?? [], reportLines(report, failed.type === 'wait')].flat().join('\n')
  return new ComposeError(error.code, error.message, { ...(hint ? { hint } : {}), details: report, cause: error })
}

async function lastWords(
  docker: Docker,
  id: string,
): Promise<Pick<FailureReport, 'end' | 'exitCode' | 'check' | 'log'>> {
  const [{ streamLines }, { secondsOf }] = await Promise.all([
    import('../scheduler/follow/log-streams.ts'),
    import('../scheduler/follow/container-log.ts'),
  ])
  const inspected = await docker
    .getContainer(id)
    .inspect()
    .catch(() => undefined)
  // Of this life: what it wrote in one before is no word on this end.
  const startedAt = inspected?.State?.StartedAt
  const window = { tail: shownLines, ...(startedAt ? { since: secondsOf(startedAt) } : {}) }
  const log: string[] = []
  await streamLines(docker, id, window, line => log.push(line)).catch(() => {})
  return { ...(inspected ? { ...endOf(inspected), ...lastCheck(inspected) } : {}), log }
}

/** Of operations that fail by what a container does. */
function failingContainer(failed: Operation): { container: ContainerRef; service: string; ran: boolean } | undefined {
  if (failed.type === 'wait') return { ...failed, ran: true }
  if (failed.type === 'startContainer') return { ...failed, ran: false }
  return failed.type === 'runStep'
    ? { container: { name: failed.draft.name }, service: failed.draft.service, ran: true }
    : undefined
}

/** For a reader: without what there is nothing to say about. */
export function reportLines(
  { service, container, end, check, log, notStarted }: FailureReport,
  hasLog: boolean,
): string[] {
  const lines: string[] = []
  if (end !== undefined) lines.push(`${container} ${end}`)
  if (check) {
    const { test, exitCode, output } = check
    // The engine's own word for one that it ended.
    const how = exitCode === -1 ? 'failed' : `ended with ${exitCode}`
    lines.push(`${container}'s health check \`${test}\` ${how}${output.length > 0 ? ':' : ', without a word'}`)
    lines.push(...output.map(line => `  ${line}`))
  }
  if (log.length > 0) {
    lines.push(`${container} wrote last${hasLog ? ` (tsc-compose logs ${service} shows all)` : ''}:`)
    lines.push(...log.map(line => `  ${line}`))
  }
  if (notStarted.length > 0) lines.push(`not started because of it: ${notStarted.join(', ')}`)
  return lines
}

/** How it ended, where its exit code alone does not say it. */
export function endOf({ State, HostConfig }: ContainerInspectResponse): Pick<FailureReport, 'end' | 'exitCode'> {
  if (!State || State.Running || !State.FinishedAt || State.FinishedAt.startsWith('0001')) return {}
  const { ExitCode = 0, OOMKilled, Error: complaint } = State
  const limit = HostConfig?.Memory
  const signal = Object.entries(constants.signals).find(([, number]) => number === ExitCode - 128)?.[0]
  const end = OOMKilled
    ? `ran out of memory and was killed by the kernel${limit ? `: its limit is ${memoryText(limit)}` : ''}`
    : complaint
      ? `could not run: ${complaint}`
      : ExitCode === 127
        ? 'ended with 127: a command was not found'
        : ExitCode === 126
          ? 'ended with 126: a command could not be executed'
          : signal
            ? `was ended by ${signal}`
            : undefined
  return { exitCode: ExitCode, ...(end === undefined ? {} : { end }) }
}

/** What the check of a container that is not healthy is, how it ended last, and the end of what it printed. */
export function lastCheck({ Config, State }: ContainerInspectResponse): Pick<FailureReport, 'check'> {
  const { Status, Log } = State?.Health ?? {}
  const last = Log?.at(-1)
  if (!last || Status === 'healthy' || last.ExitCode === 0) return {}
  const [kind, ...words] = Config?.Healthcheck?.Test ?? []
  const test = (kind === 'CMD' || kind === 'CMD-SHELL' ? words : [kind, ...words]).join(' ')
  const printed = (last.Output ?? '').split('\n').filter(line => line.trim() !== '')
  return { check: { test, exitCode: last.ExitCode ?? 0, output: printed.slice(-shownLines) } }
}

/** Services whose starts come after the node that failed. */
export function waitingServices(plan: Plan, failed: Operation, service: string): string[] {
  const behind = new Set(plan.filter(({ operation }) => operation === failed).map(({ id }) => id))
  const services = new Set<string>()
  // Nodes are in an order in which each follows those it waits for, but for a few that were told to wait later.
  for (let size = -1; size !== behind.size; ) {
    size = behind.size
    for (const { id, operation, after } of plan) {
      if (!after.some(one => behind.has(one))) continue
      behind.add(id)
      const starting =
        operation.type === 'startContainer'
          ? operation.service
          : operation.type === 'exchangeContainer'
            ? operation.draft.service
            : undefined
      if (starting !== undefined && starting !== service) services.add(starting)
    }
  }
  return [...services].sort()
}
