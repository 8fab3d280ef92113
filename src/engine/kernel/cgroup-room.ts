// cgroup v2 where the root that is seen is a group of somebody else's tree (in a container, a CI job): nothing below
// it can have limits while processes are in it. As in Docker's own image for that case they move into a group below.
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isErrno } from '../../shared/errors.ts'

const mountPoint = '/sys/fs/cgroup'
const asideOf = (root: string) => join(root, 'tsc-compose-others')

/**
 * Switches on for groups below what isn't. `record` is told before anything is done, and not called where nothing has
 * to be.
 */
export function makeRoom(record: (controllers: string[]) => void, root = mountPoint): void {
  // The root of the whole tree has no type, and may have processes.
  if (!existsSync(join(root, 'cgroup.type'))) return
  const on = wordsOf(root, 'cgroup.subtree_control')
  const missing = wordsOf(root, 'cgroup.controllers').filter(name => !on.includes(name))
  if (missing.length === 0) return
  record(missing)
  mkdirSync(asideOf(root), { recursive: true })
  // Processes that begin meanwhile are found by the next look.
  for (let tries = 0; ; tries++) {
    moveProcesses(root, asideOf(root))
    try {
      switchControllers(root, '+', missing)
      return
    } catch (error) {
      if (!isErrno(error, 'EBUSY') || tries === 10) throw error
    }
  }
}

/** Undoes it, unless groups of others need the controllers by now. */
export function giveRoomBack(controllers: readonly string[], root = mountPoint): void {
  try {
    switchControllers(root, '-', controllers)
    moveProcesses(asideOf(root), root)
    rmdirSync(asideOf(root))
  } catch (error) {
    if (!isErrno(error, 'EBUSY', 'ENOENT')) throw error
  }
}

const wordsOf = (root: string, file: string) => readFileSync(join(root, file), 'utf8').trim().split(' ').filter(Boolean)

function switchControllers(root: string, sign: '+' | '-', names: readonly string[]): void {
  writeFileSync(join(root, 'cgroup.subtree_control'), names.map(name => `${sign}${name}`).join(' '))
}

function moveProcesses(from: string, to: string): void {
  for (const pid of readFileSync(join(from, 'cgroup.procs'), 'utf8').split('\n')) {
    // 0 stands for what another namespace has in the group.
    if (pid === '' || pid === '0') continue
    try {
      writeFileSync(join(to, 'cgroup.procs'), pid)
    } catch (error) {
      if (!isErrno(error, 'ESRCH')) throw error
    }
  }
}
