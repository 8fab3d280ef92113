// Calls of an OCI runtime (crun, runc) as values: what is run, and how its answer reads. `surroundings` lets each
// call see the host as that runtime needs it.
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { closeSync, constants, existsSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { ComposeError, isErrno } from '../../shared/errors.ts'
import { findProgram, isProgram, pathFolders } from '../../shared/programs.ts'
import { removeCgroup } from '../kernel/cgroups.ts'
import { MS, mount, umount } from '../kernel/libc.ts'
import { inMountCopy } from '../kernel/namespaces.ts'
import { type Surroundings, surroundingsOf } from './surroundings.ts'

export interface RuntimeOptions {
  name: string
  /** Where the runtime keeps its state; each engine has its own. */
  stateFolder: string
}

export interface Runtime {
  name: string
  path: string
  stateFolder: string
  /** What conmon is to call, with its first arguments: the runtime itself, or what lets it see the host as it must. */
  conmonCommand: Surroundings['command']
  /** crun takes a compiled system call filter (annotation run.oci.seccomp_bpf_data). */
  takesCompiledFilter: boolean
  /** Starts the runtime with these arguments. */
  spawn(args: readonly string[], stdio: StdioOptions): ChildProcess
  /** Runs it to its end; throws what it complained about. */
  call(args: readonly string[]): Promise<void>
  /** Lets a created container run its program. */
  start(id: string): Promise<void>
  /** Ends what is left of a container, and removes its cgroup and the runtime's state. Nothing there is no error. */
  remove(id: string, cgroup: string): Promise<void>
}

export function findRuntime({ name, stateFolder }: RuntimeOptions): Runtime {
  const path = executablePath(name)
  if (!path) {
    throw new ComposeError('failed_precondition', `unknown or invalid runtime name: ${name}`, {
      hint: `install the OCI runtime ${name}, or name crun or runc`,
    })
  }
  const surroundings = surroundingsOf(name, path)
  const global = ['--root', stateFolder]
  const runtime: Runtime = {
    name,
    path,
    stateFolder,
    conmonCommand: surroundings.command,
    takesCompiledFilter: name === 'crun',
    spawn: (args, stdio) =>
      within(surroundings, () => spawn(path, [...global, ...args], { stdio, env: { PATH: process.env.PATH } })),
    start: async id => {
      if (!releaseInit(join(stateFolder, id), name)) await runtime.call(['start', id])
    },
    remove: async (id, cgroup) => {
      const state = join(stateFolder, id)
      if (!existsSync(state)) {
        // The runtime may have been ended before it wrote any.
        removeCgroup(cgroup)
        return
      }
      // After the end of its processes only folders are left, and removing those needs no program.
      if (name === 'crun' && hasStarted(state) && removeCgroup(cgroup)) rmSync(state, { recursive: true, force: true })
      else await runtime.call(['delete', '--force', id]).catch(() => {})
    },
    call: args => finished(runtime.spawn(args, ['ignore', 'ignore', 'pipe']), `${name} ${args[0]}`),
  }
  return runtime
}

/**
 * What `crun start` does: a byte into the fifo on which the container's first process waits. A program less for each
 * container. False when this is not how the runtime works, or the process isn't waiting yet.
 */
function releaseInit(state: string, name: string): boolean {
  if (name !== 'crun') return false
  const fifo = join(state, 'exec.fifo')
  try {
    const fd = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK)
    try {
      rmSync(fifo)
      writeSync(fd, '\0')
      return true
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    // ENXIO: nobody reads yet.
    if (isErrno(error, 'ENXIO', 'ENOENT')) return false
    throw error
  }
}

const hasStarted = (state: string): boolean => !existsSync(join(state, 'exec.fifo'))

/** The path of an executable in PATH or the folders that packages install to. */
export const executablePath = (name: string): string | undefined =>
  name.startsWith('/')
    ? [name].find(isProgram)
    : findProgram(name, [
        ...pathFolders(process.env.PATH),
        '/usr/bin',
        '/usr/sbin',
        '/usr/local/bin',
        '/usr/local/sbin',
      ])

function within<T>({ hiddenCgroup }: Surroundings, work: () => T): T {
  if (!hiddenCgroup) return work()
  return inMountCopy(() => {
    // Unmounting must not reach the host through a shared parent.
    mount('', hiddenCgroup.parent, '', MS.PRIVATE)
    umount(hiddenCgroup.path)
  }, work)
}

async function finished(child: ChildProcess, what: string): Promise<void> {
  let complaint = ''
  child.stderr?.on('data', chunk => {
    complaint += chunk
  })
  // 'close' would wait for whoever inherited the pipe.
  const code = await new Promise<number | null>((resolve, reject) => child.once('exit', resolve).once('error', reject))
  child.stderr?.destroy()
  if (code !== 0) throw new ComposeError('internal', `${what}: ${complaint.trim() || `exit code ${code}`}`)
}
