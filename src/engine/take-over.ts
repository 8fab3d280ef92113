// The start of an engine, after its resources are there: what an earlier engine and an earlier boot left is taken over,
// and what goes on besides the requests begins. Named steps in their order; docs/architecture.md has the reasons.
import { messageOf } from '../shared/errors.ts'
import type { EngineRoots } from '../shared/roots.ts'
import { sweepBuilds } from './build/sweep.ts'
import { unknownExitCode } from './containers/life/comeback.ts'
import { watchExits } from './containers/life/exits.ts'
import { watchLogSizes } from './containers/logs/rotation.ts'
import { isRunning } from './containers/record.ts'
import type { EngineLog } from './log.ts'
import { watchHost } from './networks/host-watch.ts'
import type { Parts } from './parts.ts'
import { bringBack, type Ends, noteBoot, noteEnds } from './start/boot.ts'
import type { Ground } from './start/ground.ts'
import { reconcile } from './start/reconcile.ts'
import { roomForLimits } from './start/room-for-limits.ts'
import type { Supervisor } from './start/supervisor.ts'

export interface Start {
  readonly roots: EngineRoots
  readonly ground: Ground
  readonly parts: Parts
  readonly supervisor: Supervisor
  readonly log: EngineLog
  /** After a boot. */
  ends?: Ends
  readonly running: Running
}

/** What the steps leave behind. */
export interface Running {
  /** Resolves when what ended meanwhile is recorded, what was half made is gone, and after a boot all has come back. */
  reconciled: Promise<void>
  /** Has the ends of containers up to now recorded. */
  noticeEnds(): Promise<void>
  /** Gives back what was made for limits in somebody else's control groups. */
  leaveRoom(): void
  /** Ends what goes on besides the requests. */
  readonly stops: (() => void)[]
}

interface Step {
  /** Completes "can't ..." in the engine's log. */
  name: string
  run(start: Start): void
}

/** Milliseconds between looks at what is to be written yet, and at the supervisor. */
const upkeepInterval = 2000

const steps: readonly Step[] = [
  {
    name: 'remove what was being received and built',
    run({ ground, parts, log }) {
      sweepBuilds(ground.folders)
      parts.cacheMounts.sweep().catch(error => log.write(`can't remove what is left of cache mounts: ${error}`))
    },
  },
  { name: 'remove what interrupted pulls left', run: removeLeftovers },
  { name: 'notice the ends of containers', run: noticeEnds },
  {
    name: 'make room for limits',
    run({ ground: { settings, booted }, running, log }) {
      running.leaveRoom = roomForLimits(settings, booted, log.write).giveBack
    },
  },
  {
    name: 'write down what a boot has ended',
    run(start) {
      if (!start.ground.booted) return
      start.ends = noteEnds(start.parts.registry)
      // What was set on the host is as the boot left it.
      start.parts.forwarding.forget()
    },
  },
  { name: 'note the boot', run: ({ ground }) => noteBoot(ground.settings) },
  { name: 'compare the records with the kernel', run: compare },
  { name: 'keep the supervisor', run: keepSupervisor },
  { name: 'write what could not be written', run: keepUp },
  { name: 'begin logs anew that grow too large', run: limitLogs },
  { name: 'guard what the host may take away', run: guardHost },
]

/** Throws what a step throws; the log has the step's name. */
export function takeOver(options: Omit<Start, 'running' | 'ends'>): Running {
  const running: Running = {
    reconciled: Promise.resolve(),
    noticeEnds: () => Promise.resolve(),
    leaveRoom() {},
    stops: [],
  }
  const start: Start = { ...options, running }
  for (const { name, run } of steps) {
    try {
      run(start)
    } catch (error) {
      options.log.write(`start: can't ${name}: ${messageOf(error)}`)
      throw error
    }
  }
  return running
}

function removeLeftovers({ parts: { blobs, images }, log }: Start): void {
  blobs.sweep()
  const { layers, blobs: digests, images: torn } = images.sweep()
  if (torn.length > 0) log.write(`start: forgot images of which something is missing: ${torn.join(', ')}`)
  if (layers.length + digests.length > 0)
    log.write(`start: removed ${layers.length} layers and ${digests.length} blobs that no image has`)
}

function noticeEnds({
  ground: { folders },
  parts: { registry, stepContainers, lifecycle },
  running,
  log,
}: Start): void {
  const exits = watchExits({
    folder: folders.exits,
    registry: {
      find: id => stepContainers.find(id) ?? registry.find(id),
      all: () => [...stepContainers.all(), ...registry.all()],
    },
    folderOf: lifecycle.folderOf,
    log: log.write,
    async ended(record, exitCode) {
      if (stepContainers.ended(record, exitCode)) return
      await lifecycle.ended(record, exitCode).catch(error => log.write(`end of ${record.name}: ${error}`))
    },
    async orphaned(record) {
      if (stepContainers.ended(record, unknownExitCode)) return
      await lifecycle.orphaned(record).catch(error => log.write(`end of ${record.name} without conmon: ${error}`))
    },
  })
  running.noticeEnds = exits.look
  running.stops.push(exits.stop)
}

function compare({ ground: { folders }, parts, ends, running, log }: Start): void {
  const { registry, runtimes } = parts
  const { settled } = reconcile({
    ...parts,
    runtimes: runtimes.among(registry.all().map(({ runtime }) => runtime)),
    folders,
    afterBoot: ends && (() => bringBack(ends, { ...parts, log: log.write })),
    log: log.write,
  })
  running.reconciled = settled.catch(error => log.write(`reconcile: ${error?.stack ?? error}`))
}

function keepSupervisor({ parts, supervisor, running }: Start): void {
  if (parts.anythingRuns()) supervisor.keep()
  running.stops.push(() => supervisor.release())
}

function keepUp({ ground: { database }, parts, supervisor, running }: Start): void {
  const upkeep = setInterval(() => {
    database.catchUp()
    // It may have been killed, too.
    if (parts.anythingRuns()) supervisor.keep()
  }, upkeepInterval)
  running.stops.push(() => clearInterval(upkeep))
}

function limitLogs({ parts: { registry, folderOf }, running, log }: Start): void {
  const stop = watchLogSizes({
    running: () => registry.all().filter(isRunning),
    folderOf,
    onError: error => log.write(`can't begin a log anew: ${messageOf(error)}`),
  })
  running.stops.push(stop)
}

function guardHost({
  parts: { registry, stepContainers, names, forwarding, ports, networks },
  running,
  log,
}: Start): void {
  const connected = () =>
    [...registry.all(), ...stepContainers.all()].some(record => isRunning(record) && record.endpoints.length > 0)
  const hostWatch = watchHost({
    table: names.table,
    forwards: () => forwarding.isOn() || !connected(),
    ensureForwarding() {
      if (connected()) forwarding.ensure()
    },
    rewrite: () => ports.rewrite(networks.all()),
    log: log.write,
  })
  running.stops.push(hostWatch.stop)
}
