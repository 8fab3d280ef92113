// The way of every command that changes something: observe, plan, ask, show, execute.
import type { Docker } from '../docker/client/docker.ts'
import type { ContainerRef } from '../scheduler/border/draft.ts'
import type { GivenVariables } from '../scheduler/border/given-variables.ts'
import { conditionWatch } from '../scheduler/execute/conditions.ts'
import { execute } from '../scheduler/execute/execute.ts'
import { runOperation } from '../scheduler/execute/operations.ts'
import type { Observed } from '../scheduler/observe/observe.ts'
import { formatPlan, type Operation, type Planned, subjectOf } from '../scheduler/plan/plan.ts'
import { ComposeError } from '../shared/errors.ts'
import { buildLog } from '../ui/build-log.ts'
import { withReport } from '../ui/failure-report.ts'
import { buildDisplay, openProgress, progressMode } from '../ui/progress.ts'
import { outliveReaders } from './broken-pipe.ts'
import { type ComposeCommand, isTrue } from './command.ts'
import { allCredentials, credentialsOf } from './credentials-of.ts'
import { warn, warnAll, warnOnce } from './warn.ts'

export interface PerformOptions {
  command: ComposeCommand
  docker: Docker
  projectName: string
  observed: Observed
  planned: Planned
  signal?: AbortSignal | undefined
  onStarting?: ((container: ContainerRef, service: string) => Promise<void>) | undefined
  /** What the steps of pre_start write. */
  onStepLine?: ((name: string, line: string, stream: 'stdout' | 'stderr') => void) | undefined
  /** Filled with what providers give. */
  given?: Record<string, GivenVariables>
  /** Logs come to the same terminal: shows what is created, and calls this when that is done. */
  onCreated?: () => void
  /** What a build writes is not shown. */
  quietBuild?: boolean
  /** Plain lines even on a terminal: something else is being printed there. */
  plain?: boolean
}

/** True when something was to be done; with --dry-run the plan is printed instead. */
export async function perform(options: PerformOptions): Promise<boolean> {
  const { command, docker, planned, observed } = options
  const { globals } = command
  warnAll(planned.warnings)
  if (globals.dryRun) {
    process.stdout.write(planned.plan.length > 0 ? `${formatPlan(planned.plan)}\n` : '')
    return false
  }
  if (planned.plan.length === 0) return false
  const asked = globals.progress ?? process.env.COMPOSE_PROGRESS
  const display = hasBuilds(planned.plan) ? buildDisplay(asked, process.env) : undefined
  const usual = progressMode(asked, process.stderr, ansiOf(command))
  const mode = display === 'plain' && usual === 'tty' ? 'plain' : usual
  const quietBuild = options.quietBuild || display === 'quiet'
  if (isTrue(process.env.COMPOSE_STATUS_STDOUT))
    warnOnce('COMPOSE_STATUS_STDOUT has no effect: what a command does is told on standard error')
  const shown = options.onCreated && mode === 'tty' ? planned.plan.filter(isCreation) : planned.plan
  const progress = await openProgress(options.plain && mode === 'tty' ? 'plain' : mode, shown, process.stderr)
  if (options.onCreated) void progress.drawn.then(options.onCreated)
  const conditions = conditionWatch(docker, options.projectName)
  outliveReaders()
  const told = new Set<string>()
  const warnings: string[] = []
  let failed: Operation | undefined
  const running = new Set<Operation>()
  let done = false
  const context = {
    docker,
    conditions,
    images: { ...observed.images },
    onProgress: progress.onProgress,
    // On a terminal a warning in between would tear the picture apart.
    onWarning(text: string) {
      // Several operations may meet the same.
      if (told.has(text)) return
      told.add(text)
      if (mode === 'tty') warnings.push(text)
      else warn(text)
    },
    onStarting: options.onStarting,
    onStepLine: options.onStepLine,
    onBuildLine:
      mode === 'tty' && !quietBuild
        ? (parentId: string, line: string) =>
            progress.onProgress({ id: line, parentId, status: 'Working' as const, text: '' })
        : undefined,
    onBuild: buildOutput(planned.plan, mode === 'plain' && !quietBuild),
    given: options.given ?? {},
    credentialsOf: (image: string) => credentialsOf(image, process.env),
    allCredentials: (onFailure: (sentence: string) => void) => allCredentials(process.env, onFailure),
  }
  try {
    await execute(planned.plan, {
      parallel: command.parallel,
      signal: options.signal,
      async run(operation, signal) {
        running.add(operation)
        try {
          await runOperation(operation, context, signal)
        } catch (error) {
          if (!signal.aborted) failed ??= operation
          throw error
        } finally {
          // What is waited for when time is up is why it was up.
          if (!options.signal?.aborted) running.delete(operation)
        }
      },
    })
    done = true
  } catch (error) {
    const late = isTimeout(options.signal) ? [...running].find(({ type }) => type === 'wait') : undefined
    if (!late && options.signal?.aborted) throw error
    throw await withReport(docker, late ?? failed, planned.plan, error)
  } finally {
    conditions.dispose()
    await progress.end(done ? undefined : { subject: failed && subjectOf(failed) })
    warnAll(warnings)
  }
  return true
}

/** Starts and waits show in the containers' own lines. */
const isCreation = ({ operation }: Planned['plan'][number]): boolean =>
  !['startContainer', 'exchangeContainer', 'wait', 'gate'].includes(operation.type)

const buildsOf = (plan: Planned['plan']) => plan.filter(({ operation }) => operation.type === 'buildImage')
const hasBuilds = (plan: Planned['plan']): boolean => buildsOf(plan).length > 0

/** On a terminal the picture has it. */
const buildOutput = (plan: Planned['plan'], isShown: boolean) =>
  isShown && hasBuilds(plan) ? buildLog(process.stdout, buildsOf(plan).length > 1) : undefined

export function ansiOf(command: ComposeCommand): string {
  return command.globals.ansi ?? process.env.COMPOSE_ANSI ?? 'auto'
}

const isTimeout = (signal: AbortSignal | undefined): boolean =>
  signal?.reason instanceof DOMException && signal.reason.name === 'TimeoutError'

/** Milliseconds in which a signal is taken for the one before: what comes twice comes within two or three. */
const sameSignal = 25
let lastSignal = 0

/** A signal that SIGINT and SIGTERM abort; `dispose` gives the signals back. */
export function interruptible(): { signal: AbortSignal; dispose(): void } {
  const abort = new AbortController()
  const onSignal = () => {
    const now = Date.now()
    // Who signals a whole group reaches us twice where an older Node handed over: nobody is that quick by hand.
    if (now - lastSignal < sameSignal) return
    lastSignal = now
    abort.abort()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return {
    signal: abort.signal,
    dispose() {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    },
  }
}

/** `--wait-timeout`: 0 or nothing is no limit. */
export async function withWaitLimit<T>(
  seconds: number | undefined,
  signal: AbortSignal,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (!seconds) return act(signal)
  const limit = AbortSignal.timeout(seconds * 1000)
  try {
    return await act(AbortSignal.any([signal, limit]))
  } catch (error) {
    if (!limit.aborted || signal.aborted) throw error
    const { hint, details } = error instanceof ComposeError ? error : {}
    throw new ComposeError('deadline_exceeded', `application not healthy after ${seconds}s`, {
      hint,
      details,
      cause: error,
    })
  }
}
