// A control group below a container's, for one program and all that it starts, however that detaches itself: the
// kernel keeps the list. It exists as long as the program runs.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isErrno } from '../../shared/errors.ts'
import { groupFolders } from './cgroups.ts'

export interface Subgroup {
  name: string
  /** Ends every process in it. */
  kill(): void
  /** Leaves what still runs to the container, and removes the group. */
  release(): Promise<void>
}

const prefix = 'probe-'

/** Undefined where the container's own group can't have one below. */
export function createSubgroup(container: string, name: string): Subgroup | undefined {
  const folders: string[] = []
  try {
    for (const parent of groupFolders(container)) {
      const folder = join(parent, `${prefix}${name}`)
      mkdirSync(folder)
      folders.push(folder)
      inheritSets(parent, folder)
    }
  } catch {
    for (const folder of folders) removeFolder(folder)
    return undefined
  }
  return folders.length > 0 ? subgroupOf(container, `${prefix}${name}`) : undefined
}

/** Those that an engine left when it was killed. */
export function leftSubgroups(container: string): Subgroup[] {
  const names = groupFolders(container)
    .flatMap(namesIn)
    .filter(name => name.startsWith(prefix))
  return [...new Set(names)].map(name => subgroupOf(container, name))
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    // The container has ended meanwhile.
    return []
  }
}

const releaseDeadline = 10_000

function subgroupOf(container: string, name: string): Subgroup {
  const parents = groupFolders(container)
  const folders = () => parents.map(parent => join(parent, name)).filter(folder => existsSync(folder))
  return {
    name,
    kill() {
      const all = folders()
      // What is frozen starts nothing while the list is read; killed processes end when it thaws.
      setAll(all, 'freezer.state', 'FROZEN')
      if (!setAll(all, 'cgroup.kill', '1')) {
        for (const pid of new Set(all.flatMap(members))) killOne(pid)
      }
      setAll(all, 'freezer.state', 'THAWED')
    },
    async release() {
      const end = Date.now() + releaseDeadline
      for (;;) {
        for (const parent of parents) for (const pid of members(join(parent, name))) move(pid, parent)
        if (folders().filter(folder => !removeFolder(folder)).length === 0 || Date.now() > end) return
        await sleep(5)
      }
    },
  }
}

/** A set of v1 begins empty, and an empty one takes no process. */
function inheritSets(parent: string, folder: string): void {
  for (const name of ['cpuset.cpus', 'cpuset.mems']) {
    const path = join(folder, name)
    if (existsSync(path) && readFileSync(path, 'utf8').trim() === '' && !existsSync(join(folder, 'cgroup.controllers')))
      writeFileSync(path, readFileSync(join(parent, name)))
  }
}

function members(folder: string): number[] {
  try {
    return readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

/** Whether any of the groups took it. */
function setAll(folders: readonly string[], file: string, value: string): boolean {
  return folders.filter(folder => set(join(folder, file), value)).length > 0
}

/** The group may go at any moment, with its container. */
function set(path: string, value: string): boolean {
  try {
    writeFileSync(path, value)
    return true
  } catch {
    return false
  }
}

function move(pid: number, parent: string): void {
  try {
    writeFileSync(join(parent, 'cgroup.procs'), String(pid))
  } catch {
    // It has ended, or the container has groups of its own; then this one stays until the container's end.
  }
}

function killOne(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error
  }
}

function removeFolder(folder: string): boolean {
  try {
    rmdirSync(folder)
    return true
  } catch (error) {
    return isErrno(error, 'ENOENT')
  }
}
