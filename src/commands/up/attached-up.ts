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
import { shortName } from '../../scheduler/observe/names.ts'
import type { Observed } from '../../scheduler/observe/observe.ts'
import type { Planned } from '../../scheduler/plan/plan.ts'
import { containersAfter, isReplacement, type UpOptions } from '../../scheduler/plan/plan-up.ts'
import { ComposeError } from '../../shared/errors.ts'
import { logPrinter } from '../../ui/log-printer.ts'
import { palette } from '../../ui/palette.ts'
import { aborting, type Ender, endedBy } from './enders.ts'
import { heldLines } from './held-lines.ts'
import { type KeyMenu, type MenuKey, openKeyMenu } from './key-menu.ts'
import { stopAfterInterrupt, stopAll } from './stop-all.ts'
import { hasWatchRules, type Watching, watching } from './watching.ts'

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
  /** Files are watched from the beginning. */
  watch: boolean
  /** Keys do things, and are shown. */
  menu: boolean
  /** Aborted by the first SIGINT or SIGTERM. */
  interrupted: AbortSignal
  releaseSignals(): void
}

export async function attachedUp(up: AttachedUp): Promise<number> {
  const { command, docker, project, observed, interrupted } = up
  const colours = palette({ ansi: ansiOf(command), env: process.env, stream: process.stdout, asked: up.colour })
  const printer = logPrinter({ stdout: process.stdout, stderr: process.stderr, palette: colours, prefix: up.prefix })

  const requested = up.services.length > 0 ? up.services : Object.keys(project.services)
  const attached = new Set(attachedServices(up, requested))
  const monitored = new Set(monitoredServices(up, requested))
  const nameOf = (name: string, service: string) =>
    project.services[service]?.containerName ?? shortName(project.name, name)
  const shown = [...attached]
    .flatMap(name => {
      const service = project.services[name]
      if (!service || service.provider) return []
      return containersAfter(up.planned.plan, name, observed).map(container => nameOf(container, name))
    })
    .sort()

  const ending = new AbortController()
  let decisive: number | undefined
  const exits: { service: string; code: number }[] = []
  const { promise: decided, resolve: decide } = Promise.withResolvers<void>()
  const lines = heldLines()
  const session = await attachSession(docker, {
    projectName: project.name,
    monitored: ({ service }) => monitored.has(service),
    attached: ({ service }) => attached.has(service) || (up.abortOn !== undefined && monitored.has(service)),
    timestamps: up.timestamps,
    signal: ending.signal,
    revive: command.reviver(ending.signal),
    onLine({ name, service }, line, stream) {
      if (attached.has(service)) lines.write(() => printer.line(nameOf(name, service), line, stream))
    },
    onUnreadable({ name, service }, error) {
      if (attached.has(service)) lines.write(() => warnUnreadable(name, error))
    },
    onExit({ name, service }, code, restarting) {
      if (attached.has(service) && requested.includes(service))
        lines.write(() => printer.exit(nameOf(name, service), code, restarting))
      if (restarting) return
      exits.push({ service, code })
      const ends = up.abortOn === 'exit' || (up.abortOn === 'failure' && code !== 0)
      if (!ends) return
      decisive ??= code
      decide()
    },
  })
  const endByContainer = async () => {
    await stopAll(up, 'Aborting on container exit...')
    await session.ended()
    const code = exits.find(({ service }) => service === up.exitCodeFrom)?.code ?? decisive ?? 0
    if (code !== 0) process.stderr.write('\n')
    return code
  }
  let menu: KeyMenu | undefined
  let watch: Watching | undefined
  try {
    if (shown.length > 0) lines.write(() => process.stdout.write(`Attaching to ${shown.join(', ')}\n`))
    const untouched = observed.containers.filter(
      ({ name, service, state, oneOff }) =>
        monitored.has(service) && !oneOff && state === 'running' && !willBeReplaced(up.planned, name),
    )
    for (const container of untouched) session.follow(container)
    await converge(up, {
      onStarting: (container, service) => session.starting({ ...container, service }),
      onCreated: lines.release,
      onStepLine: (name, line, stream) => lines.write(() => printer.line(shortName(project.name, name), line, stream)),
    })
    up.turn?.release()
    lines.release()
    followForReader(interrupted)
    const { promise: detached, resolve: detach } = Promise.withResolvers<void>()
    watch = watching({
      command,
      docker,
      project,
      quiet: true,
      prune: true,
      required: up.watch,
      say: printer.note,
      onSwitch: () => menu?.refresh(),
    })
    if (up.menu) menu = openKeyMenu({ keys: keysOf(up, watch, detach), styled: colours.key })
    const leave = (end: () => Promise<number>) => async () => {
      menu?.close()
      await watch?.stop()
      return end()
    }
    const enders: Ender[] = [
      { when: session.ended(), end: leave(async () => 0) },
      { when: aborting(interrupted), end: leave(() => stopAfterInterrupt(up, session.ended)) },
      { when: decided, end: leave(endByContainer) },
      { when: detached, end: leave(async () => 0) },
      { when: watch.failed, end: leave(async () => 1) },
    ]
    return await endedBy(enders)
  } catch (error) {
    const ended = up.turn?.ended()
    if (ended) throw ended
    if (!(error instanceof ComposeError && error.code === 'canceled' && interrupted.aborted)) throw error
    return await stopAfterInterrupt(up)
  } finally {
    menu?.close()
    await watch?.stop()
    up.turn?.release()
    lines.release()
    ending.abort()
    await session.close()
  }
}

function keysOf(up: AttachedUp, watch: Watching, detach: () => void): MenuKey[] {
  const switchWatch: MenuKey = {
    key: 'w',
    label: () => (watch.on ? 'Disable Watch' : 'Enable Watch'),
    press: () => void watch.toggle(),
  }
  const leave: MenuKey = { key: 'd', label: () => 'Detach', press: detach }
  return hasWatchRules(up.project) ? [switchWatch, leave] : [leave]
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

/** What it waits for is what it is attached to; with --abort-on-container-exit everything counts. */
function monitoredServices(up: AttachedUp, requested: readonly string[]): readonly string[] {
  const all = Object.keys(up.project.services)
  if (up.abortOn) return all
  if (up.attach.length > 0) return up.attach
  return up.services.length > 0 && !up.attachDependencies ? requested : all
}

/** A container that runs and is left running is followed from now on; the others when they start. */
function willBeReplaced(planned: Planned, name: string): boolean {
  return planned.plan.some(({ operation }) => isReplacement(operation) && operation.draft.name === name)
}
