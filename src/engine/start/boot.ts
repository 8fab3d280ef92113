// The first start of the engine after a boot. Nothing of the kernel is left of what the records say; what the run
// root holds, where that is on a disk, tells of processes and mounts that are gone.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { bootId, isAlive } from '../../shared/processes.ts'
import { forgetRun, isLeaving, shouldComeBack } from '../containers/life/comeback.ts'
import type { Launcher } from '../containers/life/launch.ts'
import type { Lifecycle } from '../containers/life/lifecycle.ts'
import type { Restarts } from '../containers/life/restarts.ts'
import { joinedContainers } from '../containers/namespaces.ts'
import { type ContainerRecord, isRunning } from '../containers/record.ts'
import type { Registry } from '../containers/registry.ts'
import { mountPoints } from '../kernel/mounts.ts'
import type { Collection } from '../store/database.ts'

const key = 'boot_id'

/** False also for a data root that no engine used before. */
export function isFirstOfBoot(settings: Collection<string>): boolean {
  const known = settings.get(key)
  return known !== undefined && known !== bootId
}

export const noteBoot = (settings: Collection<string>): void => {
  if (settings.get(key) !== bootId) settings.keep(key, bootId)
}

/** Takes away what an engine of an earlier boot left. */
export function emptyRunRoot(runRoot: string): void {
  const below = mountPoints().some(point => point.startsWith(`${runRoot}/`))
  if (below || !existsSync(runRoot)) return
  for (const name of readdirSync(runRoot)) rmSync(join(runRoot, name), { recursive: true, force: true })
}

export interface Ends {
  /** Were running when the machine went down. */
  cut: ContainerRecord[]
  /** Are to be started. */
  comingBack: ContainerRecord[]
}

/** Writes down that nothing runs, and what is to run again; synchronous, so whoever asks sees nothing else. */
export function noteEnds(registry: Registry): Ends {
  const cut = registry.all().filter(record => isRunning(record) && !isAlive(record.state))
  const ended = [...cut, ...registry.all().filter(({ state }) => state.status === 'restarting')]
  // A stop or a restart that the machine's end interrupted has not happened.
  for (const record of ended) record.stoppedByRequest = false
  for (const record of ended) forgetRun(record)
  const comingBack = registry.all().filter(shouldComeBack)
  for (const record of comingBack) {
    Object.assign(record, { restartCount: 0, stoppedByRequest: false })
    record.state.status = 'restarting'
  }
  for (const record of new Set([...ended, ...comingBack])) registry.keep(record)
  return { cut, comingBack }
}

export interface BringBackOptions {
  registry: Registry
  lifecycle: Lifecycle
  restarts: Restarts
  launcher: Launcher
  log: (line: string) => void
}

/** Starts them, each after those whose namespaces it joins. One that can't be started is left to its policy. */
export async function bringBack(
  { cut, comingBack }: Ends,
  { registry, lifecycle, restarts, launcher, log }: BringBackOptions,
): Promise<void> {
  // The trouble of one container is not that of the others.
  const attempt = (record: ContainerRecord, work: () => Promise<void>) =>
    work().catch(error => log(`${record.name}, after a boot: ${error}`))
  // Files that a run has beside its bundle would be taken for the next one's.
  for (const record of cut) await attempt(record, () => launcher.takeDown(record))
  for (const record of registry.all().filter(isLeaving)) {
    const { autoRemove = false } = record.host
    await attempt(record, () => lifecycle.remove(record, { force: true, volumes: autoRemove }))
  }
  const starts = new Map<string, Promise<void>>()
  /** `waiting` are those that wait for this one, so that two that name each other don't wait for ever. */
  const start = (record: ContainerRecord, waiting: readonly ContainerRecord[] = []): Promise<void> => {
    const known = starts.get(record.id)
    if (known) return known
    const names = joinedContainers(record.namespaces)
    const others = comingBack.filter(
      other => (names.includes(other.id) || names.includes(other.name)) && !waiting.includes(other),
    )
    const started = Promise.all(others.map(other => start(other, [...waiting, record]))).then(() =>
      attempt(record, () => restarts.startNow(record, { counted: false })),
    )
    starts.set(record.id, started)
    return started
  }
  await Promise.all(comingBack.filter(({ id }) => registry.find(id)).map(record => start(record)))
}
