// conmon holds one container: its log, its exit code, its terminal. It outlives the engine. Contract: the pid, or
// a negative number and a message, as JSON on the descriptor that _OCI_SYNCPIPE names.
import { readFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ComposeError, isErrno } from '../../shared/errors.ts'
import { close } from '../kernel/libc.ts'
import { pipe, reap, spawnDetached } from '../kernel/spawn.ts'
import { inWordsOfRunc } from './program-failure.ts'
import { executablePath, type Runtime } from './runtime.ts'
import { endStrays } from './strays.ts'

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
  /** A mount of the container is to pass its own mounts on to the host. */
  sharesMounts: boolean
}

const pidFileOf = (bundle: string) => join(bundle, 'pid')
const conmonPidFileOf = (bundle: string) => join(bundle, 'conmon.pid')
/** The conmon that holds a container; undefined when it has gone. Throws where that can't be known (EMFILE). */
export function conmonPid(bundle: string, id: string): number | undefined {
  try {
    const pid = Number(readFileSync(conmonPidFileOf(bundle), 'utf8'))
    // Process ids are used again; only its own conmon names the container. One that has ended has no arguments.
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(id) ? pid : undefined
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH')) return undefined
    throw error
  }
}

export const controlPathOf = (bundle: string) => join(bundle, 'ctl')
export const attachPathOf = (bundle: string) => join(bundle, 'attach')

/** Milliseconds for conmon's first process to end. */
const backgroundDeadline = 5000

/** Creates the container, not yet started, and returns the pid of its first process. */
export async function createHeld(runtime: Runtime, container: HeldContainer): Promise<number> {
  const conmon = executablePath('conmon')
  if (!conmon)
    throw new ComposeError('failed_precondition', 'conmon is not installed', { hint: 'apt-get install -y conmon' })
  const [answerEnd, conmonEnd] = pipe()
  let child: number
  try {
    child = spawnDetached({
      file: conmon,
      args: conmonArguments(runtime, container),
      env: { PATH: process.env.PATH ?? '', _OCI_SYNCPIPE: '3' },
      cwd: container.bundle,
      descriptors: { 3: conmonEnd },
    })
  } finally {
    close(conmonEnd)
  }
  const answer = await firstLine(new Socket({ fd: answerEnd, readable: true, writable: false }))
  // The first process writes the pid of the second, which holds the container and may be faster.
  for (const deadline = Date.now() + backgroundDeadline; !reap(child) && Date.now() < deadline; ) await sleep(1)
  const { data, message = '' } = JSON.parse(answer || '{"data":-1}') as { data: number; message?: string }
  if (data > 0) return data
  // Killed, it leaves the runtime alone with what it had begun.
  if (answer === '') await endStrays(container.id)
  throw new ComposeError('invalid_argument', runtimeMessage(runtime.name, message || `conmon ended without an answer`))
}

function conmonArguments(runtime: Runtime, container: HeldContainer): string[] {
  const { id, bundle, logPath, exitFolder, terminal, stdin, keepStdin } = container
  const [file, ...first] = runtime.conmonCommand(container.sharesMounts)
  return [
    ...['--api-version', '1', '--cid', id, '--cuuid', id, '--name', id],
    ...['--runtime', file, ...[...first, `--root=${runtime.stateFolder}`].map(argument => `--runtime-arg=${argument}`)],
    ...['--bundle', bundle],
    ...['--container-pidfile', pidFileOf(bundle), '--conmon-pidfile', conmonPidFileOf(bundle)],
    ...['--exit-dir', exitFolder, '--log-path', `k8s-file:${logPath}`, '--no-sync-log', '--full-attach'],
    ...(terminal ? ['--terminal'] : []),
    ...(stdin ? ['--stdin'] : []),
    ...(keepStdin ? ['--leave-stdin-open'] : []),
  ]
}

async function firstLine(stream: Socket): Promise<string> {
  let text = ''
  for await (const chunk of stream) {
    text += chunk
    if (text.includes('\n')) break
  }
  return text.trim()
}

/** Docker's words around what the runtime says, since scripts and people look for them. */
function runtimeMessage(name: string, message: string): string {
  return `failed to create task for container: failed to create shim task: OCI runtime create failed: ${name} create failed: ${inWordsOfRunc(message)}: unknown`
}
