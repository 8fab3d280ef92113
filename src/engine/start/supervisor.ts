// A shell loop of a few kilobytes that starts the engine again while containers need it. It waits on the engine's
// lock, so it notices its end at once and costs nothing meanwhile.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { messageOf } from '../../shared/errors.ts'
import { identify, isAlive, isExiting, type ProcessIdentity } from '../../shared/processes.ts'
import { replaceFile } from '../../shared/replace-file.ts'
import type { EngineRoots } from '../../shared/roots.ts'
import { signalAtParentsEnd } from '../kernel/libc.ts'

export interface Supervisor {
  /** Has the engine started again if it ends from now on. What prevents that is logged; another call tries again. */
  keep(): void
  /** The next end of the engine is meant. */
  release(): void
}

/** Of an engine that a service manager starts again. */
export const noSupervisor: Supervisor = { keep() {}, release() {} }

/** Set in engines that nobody waits for on descriptor 3: those of the supervisor and of a systemd unit. */
export const supervisedVariable = 'TSC_COMPOSE_SUPERVISED'

/**
 * $1 lock, $2 the file that says that the engine is needed, $3 node, $4 engine, $5 its pid file, $6 a file for the
 * moment of its start. One that had become ready, and so has written that since, is started again at once; else what
 * ends it may do so again.
 */
const loop = 'while flock "$1" true; do [ -e "$2" ] || exit 0; : >"$6"; "$3" "$4" || [ "$5" -nt "$6" ] || sleep 1; done'

export function createSupervisor(
  { runRoot, pidPath }: Pick<EngineRoots, 'runRoot' | 'pidPath'>,
  lockPath: string,
  entry: string,
  log: (line: string) => void,
): Supervisor {
  const needed = join(runRoot, 'needed')
  const pidFile = join(runRoot, 'supervisor')
  const begun = join(runRoot, 'supervisor-began')
  /** The last one, which would else be written with each try. */
  let complaint = ''
  const keep = () => {
    try {
      ensure()
      complaint = ''
    } catch (error) {
      // A full run root, say. Containers run all the same.
      const line = `nobody would start the engine again: ${messageOf(error)}`
      if (line !== complaint) log(line)
      complaint = line
    }
  }
  /** It may be killed too: whoever kills us next must not find us without one. */
  const onEnd = () => {
    if (existsSync(needed)) keep()
  }
  if (process.env[supervisedVariable] === '1') {
    process.on('SIGUSR2', onEnd)
    signalAtParentsEnd(constants.signals.SIGUSR2)
  }
  return {
    keep,
    release() {
      rmSync(needed, { force: true })
    },
  }

  function ensure(): void {
    if (existsSync(needed) && isRunning(pidFile)) return
    writeFileSync(needed, '')
    if (isRunning(pidFile)) return
    const child = spawn(
      '/bin/sh',
      ['-c', loop, 'tsc-compose-supervisor', lockPath, needed, process.execPath, entry, pidPath, begun],
      {
        detached: true,
        stdio: 'ignore',
        cwd: '/',
        env: { ...process.env, [supervisedVariable]: '1' },
      },
    )
    child.on('error', () => {}).on('exit', onEnd)
    child.unref()
    const identity = child.pid === undefined ? undefined : identify(child.pid)
    if (!identity) return
    try {
      replaceFile(pidFile, JSON.stringify(identity))
    } catch (error) {
      // The next try would not know of it.
      child.kill('SIGKILL')
      throw error
    }
  }
}

function isRunning(pidFile: string): boolean {
  try {
    // Only keep() writes this file.
    const process = JSON.parse(readFileSync(pidFile, 'utf8')) as ProcessIdentity
    // One that is killed is told of a moment before it is gone.
    return isAlive(process) && !isExiting(process)
  } catch {
    return false
  }
}
