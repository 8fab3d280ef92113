// Calls of an OCI runtime (crun, runc) as values: what is run, and how its answer reads. `surroundings` lets each
// call see the host as that runtime needs it.
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { ComposeError } from '../../shared/errors.ts'
import { MS, mount, umount } from '../kernel/libc.ts'
import { inMountCopy } from '../kernel/namespaces.ts'
import { type Surroundings, surroundingsOf } from './surroundings.ts'

export interface RuntimeOptions {
  name: string
  /** Where the runtime keeps its state; each engine has its own. */
  stateFolder: string
  runRoot: string
}

export interface Runtime {
  name: string
  path: string
  stateFolder: string
  /** What conmon is to call: the runtime itself, or a script around it where the host's cgroups need it. */
  conmonPath: string
  /** crun takes a compiled system call filter (annotation run.oci.seccomp_bpf_data). */
  takesCompiledFilter: boolean
  /** Starts the runtime with these arguments. */
  spawn(args: readonly string[], stdio: StdioOptions): ChildProcess
  /** Runs it to its end; throws what it complained about. */
  call(args: readonly string[]): Promise<void>
}

export function findRuntime({ name, stateFolder, runRoot }: RuntimeOptions): Runtime {
  const path = executablePath(name)
  if (!path) {
    throw new ComposeError('failed_precondition', `unknown or invalid runtime name: ${name}`, {
      hint: `install the OCI runtime ${name}, or name crun or runc`,
    })
  }
  const surroundings = surroundingsOf(name, path, runRoot)
  const global = ['--root', stateFolder]
  const runtime: Runtime = {
    name,
    path,
    stateFolder,
    conmonPath: surroundings.script ?? path,
    takesCompiledFilter: name === 'crun',
    spawn: (args, stdio) =>
      within(surroundings, () => spawn(path, [...global, ...args], { stdio, env: { PATH: process.env.PATH } })),
    call: args => finished(runtime.spawn(args, ['ignore', 'ignore', 'pipe']), `${name} ${args[0]}`),
  }
  return runtime
}

/** The path of an executable in PATH or the folders that packages install to. */
export function executablePath(name: string): string | undefined {
  if (name.startsWith('/')) return existsSync(name) ? name : undefined
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin']
  return folders
    .filter(Boolean)
    .map(folder => `${folder}/${name}`)
    .find(path => existsSync(path))
}

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
