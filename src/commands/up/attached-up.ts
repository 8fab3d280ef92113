// The attached form of `up`: output, exits and the ways to end it. The first Ctrl-C stops the containers in order,
// the second kills them; --abort-on-container-exit stops the rest when one ends.

import { followForReader } from '../../cli/broken-pipe.ts'
import { type ComposeCommand, engineAttempts, warnUnreadable } from '../../cli/command.ts'
import { ansiOf, type PerformOptions, perform } from '../../cli/perform.ts'
import type { ProjectTurn } from '../../cli/project-turn.ts'
import type { Docker } from '../../docker/client/docker.ts'
import { isConnectionLost } from '../../docker/client/http.ts'
import type { Project } from '../../model/project/project.ts'
import { attachSession } from '../../scheduler/follow/attach-session.ts'
import type { Observed } from '../../scheduler/observe/observe.ts'
import type { Planned } from '../../scheduler/plan/plan.ts'
import { containersAfter, type UpOptions } from '../../scheduler/plan/plan-up.ts'
import { ComposeError } from '../../shared/errors.ts'
import { logPrinter } from '../../ui/log-printer.ts'
import { palette } from '../../ui/palette.ts'
import { aborting, type Ender, endedBy } from './enders.ts'
import { heldLines } from './held-lines.ts'
import { stopAfterInterrupt, stopAll } from './stop-all.ts'

export interface AttachedUp {
  command: ComposeCommand
  /** Given back once everything has started: others may work on the project while its output is followed. */
  turn: ProjectTurn | undefined
  docker: Docker
  project: Project
  /** As named on the command line; empty: all. */
  services: readonly string[]
  observed: Observed
  planned: Planned
  options: UpOptions
  /** Observes and plans once more. */
  replan(): Promise<{ observed: Observed; planned: Planned }>
  abortOn: 'exit' | 'failure' | undefined
  exitCodeFrom: string | undefined
  attach: readonly string[]
  noAttach: readonly string[]
  attachDependencies: boolean
  timestamps: boolean
  colour: boolean
  prefix: boolean
  /** Aborted by the first SIGINT or SIGTERM. */
  interrupted: AbortSignal
  releaseSignals(): void
}

export async function attachedUp(up: AttachedUp): Promise<number> {
  const { command, docker, project, observed, interrupted } = up
  const colours = palette({ ansi: ansiOf(command), env: process.env, stream: process.stdout, asked: up.colour })
  const printer = logPrinter({ stdout: process.stdout, stderr: process.stderr, palette: colours, prefix: up.prefix })

  const shortNames = new Map<string, string>()
  const namesOf = (serviceNames: readonly string[]) => {
    const found = serviceNames.flatMap(name => {
      const service = project.services[name]
      if (!service || service.provider) return []
      return containersAfter(project, service, observed, up.options).map(container => {
        shortNames.set(container, service.containerName ?? container.slice(project.name.length + 1))
        return container
      })
    })
    return new Set(found)
  }
  const requested = up.services.length > 0 ? up.services : Object.keys(project.services)
  const attached = namesOf(attachedServices(up, requested))
  const all = namesOf(Object.keys(project.services))
  const monitored = up.services.length > 0 && !up.attachDependencies && !up.abortOn ? namesOf(requested) : all
  const own = namesOf(requested)
  const shown = [...attached].map(name => shortNames.get(name) ?? name).sort()

  const ending = new AbortController()
  let decisive: number | undefined
  const exits: { name: string; code: number }[] = []
  const { promise: decided, resolve: decide } = Promise.withResolvers<void>()
  const lines = heldLines()
  const session = await attachSession(docker, {
    projectName: project.name,
    monitored,
    attached: new Set([...attached, ...(up.abortOn ? monitored : [])]),
    timestamps: up.timestamps,
    signal: ending.signal,
    revive: command.reviver(ending.signal),
    onLine: (name, line, stream) =>
      void (attached.has(name) && lines.write(() => printer.line(shortNames.get(name) ?? name, line, stream))),
    onUnreadable: (name, error) => void (attached.has(name) && lines.write(() => warnUnreadable(name, error))),
    onExit(name, code, restarting) {
      if (attached.has(name) && own.has(name)) {
        lines.write(() => printer.exit(shortNames.get(name) ?? name, code, restarting))
      }
      if (restarting) return
      exits.push({ name, code })
      const ends = up.abortOn === 'exit' || (up.abortOn === 'failure' && code !== 0)
      if (!ends) return
      decisive ??= code
      decide()
    },
  })
  const endByContainer = async () => {
    await stopAll(up, 'Aborting on container exit...')
    await session.ended()
    const named = up.exitCodeFrom ? namesOf([up.exitCodeFrom]) : undefined
    const code = (named ? exits.find(({ name }) => named.has(name)) : undefined)?.code ?? decisive ?? 0
    if (code !== 0) process.stderr.write('\n')
    return code
  }
  try {
    if (shown.length > 0) lines.write(() => process.stdout.write(`Attaching to ${shown.join(', ')}\n`))
    const untouched = observed.containers.filter(
      ({ name, state }) => monitored.has(name) && state === 'running' && !willBeReplaced(up.planned, name),
    )
    for (const container of untouched) session.follow(container)
    await converge(up, {
      onStarting: container => session.starting(container),
      onCreated: lines.release,
      onStepLine: (name, line, stream) =>
        lines.write(() => printer.line(name.slice(project.name.length + 1), line, stream)),
    })
    up.turn?.release()
    lines.release()
    followForReader(interrupted)
    const enders: Ender[] = [
      { when: session.ended(), end: async () => 0 },
      { when: aborting(interrupted), end: () => stopAfterInterrupt(up) },
      { when: decided, end: endByContainer },
    ]
    return await endedBy(enders)
  } catch (error) {
    const ended = up.turn?.ended()
    if (ended) throw ended
    if (!(error instanceof ComposeError && error.code === 'canceled' && interrupted.aborted)) throw error
    return await stopAfterInterrupt(up)
  } finally {
    up.turn?.release()
    lines.release()
    ending.abort()
    await session.close()
  }
}

/** As often as the engine is lost meanwhile, what is left is planned anew. */
async function converge(
  up: AttachedUp,
  hooks: Pick<PerformOptions, 'onStarting' | 'onCreated' | 'onStepLine'>,
): Promise<void> {
  const { command, docker, project, interrupted, turn } = up
  const signal = turn ? AbortSignal.any([interrupted, turn.signal]) : interrupted
  const revive = command.reviver(signal)
  let { observed, planned } = up
  for (let attempt = 1; ; attempt++) {
    try {
      await perform({ command, docker, projectName: project.name, observed, planned, signal, ...hooks })
      return
    } catch (error) {
      if (!revive || !isConnectionLost(error) || attempt === engineAttempts) throw error
      await revive()
      ;({ observed, planned } = await up.replan())
    }
  }
}

/** --attach, else the named services; --no-attach and `attach: false` take away. */
function attachedServices(up: AttachedUp, requested: readonly string[]): string[] {
  const candidates =
    up.attach.length > 0 ? up.attach : up.attachDependencies ? Object.keys(up.project.services) : requested
  return candidates.filter(
    name => !up.noAttach.includes(name) && (up.attach.includes(name) || up.project.services[name]?.attach !== false),
  )
}

/** A container that runs and is left running is followed from now on; the others when they start. */
function willBeReplaced(planned: Planned, name: string): boolean {
  return planned.plan.some(({ operation }) => operation.type === 'recreateContainer' && operation.draft.name === name)
}
