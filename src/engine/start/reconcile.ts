// After a start: compares what is recorded with what the kernel has, takes over what still runs, records what has
// ended meanwhile, and removes what an interrupted engine left half made.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive } from '../../shared/processes.ts'
import type { HealthChecks } from '../containers/exec/health.ts'
import { sharedMemorySuffix } from '../containers/files/rootfs.ts'
import { isLeaving, unknownExitCode } from '../containers/life/comeback.ts'
import { exitCodeIn } from '../containers/life/exits.ts'
import type { Lifecycle } from '../containers/life/lifecycle.ts'
import type { Restarts } from '../containers/life/restarts.ts'
import type { Sandboxes } from '../containers/network/sandbox.ts'
import { type ContainerRecord, isRunning } from '../containers/record.ts'
import type { Registry } from '../containers/registry.ts'
import { mountPoints, unmount } from '../kernel/mounts.ts'
import { removeNetns } from '../kernel/namespaces.ts'
import { sweepLinks } from '../networks/endpoints.ts'
import type { LinkNames } from '../networks/link-names.ts'
import type { Networks } from '../networks/networks.ts'
import type { Ports } from '../networks/ports.ts'
import { conmonPid } from '../runtime/conmon.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { endCreations } from '../runtime/strays.ts'
import type { Volumes } from '../volumes/volumes.ts'

export interface ReconcileOptions {
  registry: Registry
  lifecycle: Lifecycle
  sandboxes: Sandboxes
  networks: Networks
  volumes: Volumes
  ports: Ports
  health: HealthChecks
  restarts: Restarts
  names: LinkNames
  /** All that containers may have been begun with. */
  runtimes: Runtime[]
  folders: { containers: string; rootfs: string; netns: string; exits: string }
  /** Instead of following what has ended, where the machine was booted since. */
  afterBoot: (() => Promise<void>) | undefined
  log: (line: string) => void
}

/** Returns when everything that runs is served again; ends are recorded in the background. */
export function reconcile(options: ReconcileOptions): { settled: Promise<void> } {
  const { registry, sandboxes, networks, ports, health, names, folders } = options
  // A removal whose last step could not be written any more.
  for (const record of registry.all()) if (!existsSync(join(folders.containers, record.id))) registry.drop(record)
  const all = registry.all()
  const living = all.filter(record => isRunning(record) && isAlive(record.state))
  const ended = all.filter(record => isRunning(record) && !living.includes(record))
  // What they share goes on without its own container.
  const served = all.filter(record => living.includes(record) || isKeptFor(record, living))
  for (const record of all) if (!served.includes(record)) forgetEndpoints(options, record)
  forgetLeases(options, served)
  networks.repair()
  for (const record of served) {
    try {
      sandboxes.adopt(record)
    } catch (error) {
      options.log(`names and ports of ${record.name} can't be served: ${error}`)
    }
    registry.keep(record)
  }
  for (const record of living) {
    // A stop that the engine's end interrupted has not happened: the restart policy holds again.
    record.stoppedByRequest = false
    health.watch(record, true)
  }
  sweepLinks(names, new Set(served.flatMap(({ endpoints }) => endpoints.map(({ active }) => active?.link ?? ''))))
  ports.rewrite(networks.all())
  const settled = sweep(options, idsOf(living), idsOf(served)).then(async () => {
    if (options.afterBoot) await options.afterBoot()
    else await follow(options, all, ended)
    options.volumes.sweep()
  })
  return { settled }
}

const idsOf = (records: readonly ContainerRecord[]) => new Set(records.map(({ id }) => id))

/** Its network namespace is that of running containers. */
const isKeptFor = (record: ContainerRecord, living: readonly ContainerRecord[]): boolean =>
  record.endpoints.some(({ active }) => active) &&
  living.some(({ namespaces: { network } }) => network.kind === 'container' && network.container === record.id)

/** Does what an end or an interruption calls for. The trouble of one container is not that of the others. */
async function follow(options: ReconcileOptions, all: ContainerRecord[], ended: ContainerRecord[]): Promise<void> {
  const { lifecycle, restarts, log } = options
  const attempt = (record: ContainerRecord, work: () => Promise<void>) =>
    work().catch(error => log(`${record.name}, after a start of the engine: ${error}`))
  const waited = all.filter(({ state }) => state.status === 'restarting')
  await Promise.all(
    ended.map(record =>
      attempt(record, async () => lifecycle.ended(record, (await noted(options, record.id)) ?? unknownExitCode)),
    ),
  )
  for (const record of waited) {
    if (!record.stoppedByRequest) {
      restarts.ended(record, 0)
      continue
    }
    // A restart by hand, interrupted between its stop and its start.
    record.stoppedByRequest = false
    void attempt(record, () => restarts.startNow(record, { counted: false }))
  }
  for (const record of all.filter(isLeaving)) {
    const { autoRemove = false } = record.host
    await attempt(record, () => lifecycle.remove(record, { force: true, volumes: autoRemove }))
  }
}

/** The exit code that conmon noted, or is about to note when the container has ended just now. */
async function noted({ folders }: ReconcileOptions, id: string): Promise<number | undefined> {
  const deadline = Date.now() + 5000
  while (conmonPid(join(folders.containers, id), id) !== undefined && Date.now() < deadline) {
    if (exitCodeIn(folders.exits, id) !== undefined) break
    await sleep(10)
  }
  return exitCodeIn(folders.exits, id)
}

/** A container that doesn't run has no address. */
function forgetEndpoints({ registry }: ReconcileOptions, record: ContainerRecord): void {
  for (const endpoint of record.endpoints) endpoint.active = undefined
  record.published = []
  record.dns = undefined
  registry.keep(record)
}

/** A lease is written before the endpoint that it is for: a kill in between leaves it without one. */
function forgetLeases({ networks }: ReconcileOptions, living: readonly ContainerRecord[]): void {
  const held = new Set(living.flatMap(({ endpoints }) => endpoints.map(({ active }) => active?.id)))
  for (const network of networks.all()) {
    const stray = Object.entries(network.leases).filter(([, endpointId]) => !held.has(endpointId))
    if (stray.length === 0) continue
    for (const [address] of stray) delete network.leases[address]
    networks.keep(network)
  }
}

/** What belongs to no living container. */
async function sweep(
  { folders, runtimes, registry }: ReconcileOptions,
  living: ReadonlySet<string>,
  served: ReadonlySet<string>,
): Promise<void> {
  const strangers = (folder: string, own = living) =>
    existsSync(folder) ? readdirSync(folder).filter(id => !own.has(id.replace(sharedMemorySuffix, ''))) : []
  // First whatever still runs of an interrupted start: it holds the rest.
  for (const runtime of runtimes) {
    await endCreations(runtime.stateFolder)
    for (const id of strangers(runtime.stateFolder)) await runtime.call(['delete', '--force', id]).catch(() => {})
  }
  for (const id of strangers(folders.netns, served)) removeNetns(join(folders.netns, id))
  for (const id of strangers(folders.rootfs)) unmount(join(folders.rootfs, id))
  const mounted = new Set(mountPoints())
  for (const id of strangers(folders.rootfs)) {
    const path = join(folders.rootfs, id)
    if (!mounted.has(path)) rmSync(path, { recursive: true, force: true })
  }
  for (const id of strangers(folders.exits)) {
    const record = registry.find(id)
    // What has ended meanwhile is read from there.
    if (!record || !isRunning(record)) rmSync(join(folders.exits, id), { force: true })
  }
  for (const id of strangers(folders.containers)) {
    if (!registry.find(id)) rmSync(join(folders.containers, id), { recursive: true, force: true })
  }
}
