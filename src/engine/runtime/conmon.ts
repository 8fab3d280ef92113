// conmon holds one container: its log, its exit code, its terminal. It outlives the engine. Contract: the pid, or
// a negative number and a message, as JSON on the descriptor that _OCI_SYNCPIPE names.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { ComposeError } from '../../shared/errors.ts'
import { executablePath, type Runtime } from './runtime.ts'

export interface HeldContainer {
  id: string
  bundle: string
  logPath: string
  exitFolder: string
  terminal: boolean
  /** Keeps the container's standard input open for whoever attaches. */
  stdin: boolean
  /** Standard input stays open when the first client that attached has gone. */
  keepStdin: boolean
}

export const pidFileOf = (bundle: string) => join(bundle, 'pid')
export const conmonPidFileOf = (bundle: string) => join(bundle, 'conmon.pid')
export const controlPathOf = (bundle: string) => join(bundle, 'ctl')
export const attachPathOf = (bundle: string) => join(bundle, 'attach')

/** Creates the container, not yet started, and returns the pid of its first process. */
export async function createHeld(runtime: Runtime, container: HeldContainer): Promise<number> {
  const conmon = executablePath('conmon')
  if (!conmon)
    throw new ComposeError('failed_precondition', 'conmon is not installed', { hint: 'apt-get install -y conmon' })
  const child = spawn(conmon, conmonArguments(runtime, container), {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, _OCI_SYNCPIPE: '3' },
    cwd: container.bundle,
    detached: true,
  })
  // spawn() made descriptor 3 a pipe, two lines above.
  const answer = await firstLine(child.stdio[3] as Readable, child)
  const { data, message = '' } = JSON.parse(answer || '{"data":-1}') as { data: number; message?: string }
  child.stderr?.destroy()
  if (data > 0) return data
  throw new ComposeError('invalid_argument', runtimeMessage(runtime.name, message || `conmon ended without an answer`))
}

export function conmonArguments(runtime: Runtime, container: HeldContainer): string[] {
  const { id, bundle, logPath, exitFolder, terminal, stdin, keepStdin } = container
  return [
    ...['--api-version', '1', '--cid', id, '--cuuid', id, '--name', id],
    ...['--runtime', runtime.conmonPath, '--runtime-arg', `--root=${runtime.stateFolder}`, '--bundle', bundle],
    ...['--container-pidfile', pidFileOf(bundle), '--conmon-pidfile', conmonPidFileOf(bundle)],
    ...['--exit-dir', exitFolder, '--log-path', `k8s-file:${logPath}`, '--no-sync-log', '--full-attach'],
    ...(terminal ? ['--terminal'] : []),
    ...(stdin ? ['--stdin'] : []),
    ...(keepStdin ? ['--leave-stdin-open'] : []),
  ]
}

async function firstLine(pipe: Readable, child: NodeJS.EventEmitter): Promise<string> {
  let text = ''
  const ended = once(child, 'error').then(([error]) => Promise.reject(error))
  const read = (async () => {
    for await (const chunk of pipe) {
      text += chunk
      if (text.includes('\n')) break
    }
    return text.trim()
  })()
  return Promise.race([read, ended])
}

/** Docker's words around what the runtime says, since scripts and people look for them. */
function runtimeMessage(name: string, message: string): string {
  return `failed to create task for container: failed to create shim task: OCI runtime create failed: ${name} create failed: ${message.trim()}: unknown`
}
