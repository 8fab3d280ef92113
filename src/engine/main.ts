// The engine process: one per data root. Whoever started it learns on descriptor 3 that it is ready, or why not.
import { chmodSync, closeSync, mkdirSync, rmSync, writeSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ComposeError, messageOf } from '../shared/errors.ts'
import { replaceFile } from '../shared/replace-file.ts'
import { type EngineRoots, engineRoots } from '../shared/roots.ts'
import { explainHostFault } from './api/host-faults.ts'
import { createEngine } from './engine.ts'
import { O, open, tryLock } from './kernel/libc.ts'
import { openLog } from './log.ts'
import { askToGiveWay, serviceManager } from './start/service-manager.ts'
import { createSupervisor, noSupervisor, supervisedVariable } from './start/supervisor.ts'

const reportFd = 3
const idleSeconds = Number(process.env.TSC_COMPOSE_IDLE_SECONDS ?? 300)
/** Longer than an engine takes to answer after a boot. */
const lockDeadline = 18_000
/** Less than a command waits for the engine. */
const longestComeback = 12_000

async function main(): Promise<void> {
  const roots = engineRoots(process.env)
  for (const folder of [roots.dataRoot, roots.runRoot]) {
    mkdirSync(folder, { recursive: true })
    // Layers hold set-user-id programs, and volumes other people's data.
    chmodSync(folder, 0o700)
  }
  const lockPath = join(roots.dataRoot, 'engine.lock')
  const manager = serviceManager(process.env)
  if (!(await takeLock(lockPath, roots, manager !== undefined))) return report('ready')
  process.title = 'tsc-compose-engine'
  const log = openLog(join(roots.dataRoot, 'engine.log'))
  process.on('uncaughtException', error => {
    log.write(`internal error: ${error.stack ?? error}`)
    process.exit(70)
  })
  // The pool's threads must begin where the process does, before any thread changes its root or namespace.
  await Promise.all(Array.from({ length: 8 }, () => stat('/')))

  const exit = () => {
    rmSync(roots.socketPath, { force: true })
    rmSync(roots.pidPath, { force: true })
    process.exit(0)
  }
  const entry = fileURLToPath(import.meta.url)
  const engine = createEngine({
    roots,
    log,
    supervisor: manager ? noSupervisor : createSupervisor(roots, lockPath, entry, log.write),
    workers: {
      unpack: workerNamed('unpack'),
      pack: workerNamed('pack'),
      copy: workerNamed('copy'),
      changes: workerNamed('changes'),
    },
    exit,
  })
  // Whoever asks first shall not take for running what ended meanwhile, nor start what is still being swept; after a
  // boot it shall find what has come back. Unless that takes long.
  await Promise.race([engine.reconciled, sleep(longestComeback, undefined, { ref: false })])
  await listen(engine.server, roots)
  replaceFile(roots.pidPath, String(process.pid))
  log.write(`ready, pid ${process.pid}`)
  manager ? manager.ready() : report('ready')

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void engine.shutDown({ stopContainers: false }).finally(exit))
  }
  setInterval(() => {
    if (engine.idleFor() > idleSeconds * 1000) void engine.shutDown({ stopContainers: false }).finally(exit)
  }, 1000)
}

/** False when another engine of this data root serves already, and this one is not to take its place. */
async function takeLock(path: string, roots: EngineRoots, takesOver: boolean): Promise<boolean> {
  const fd = open(path, O.RDWR | O.CREAT, 0o600)
  const deadline = Date.now() + lockDeadline
  // The supervisor holds the lock for a moment too, so having lost it once says nothing.
  while (!tryLock(fd)) {
    if (await answers(roots.socketPath)) {
      if (!takesOver) return false
      await askToGiveWay(roots.socketPath).catch(() => {})
    }
    if (Date.now() > deadline) {
      throw new ComposeError('unavailable', `another engine holds ${path}, but does not answer`)
    }
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  return true
}

function answers(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

function listen(server: import('node:http').Server, { socketPath }: EngineRoots): Promise<void> {
  rmSync(socketPath, { force: true })
  const before = process.umask(0o177)
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(socketPath, () => {
      process.umask(before)
      resolve()
    })
  })
}

/** Nobody listens when the supervisor is the parent: the descriptor may then be one of Node's own. */
function report(line: string): void {
  if (process.env[supervisedVariable]) return
  try {
    writeSync(reportFd, `${line}\n`)
    closeSync(reportFd)
  } catch {
    // Not there.
  }
}

main().catch(thrown => {
  const error = explainHostFault(thrown, engineRoots(process.env).dataRoot)
  const told = `error: ${messageOf(error)}${error instanceof ComposeError && error.hint ? ` — ${error.hint}` : ''}`
  // The journal of a service manager; with everybody else it goes nowhere.
  console.error(told)
  report(told)
  process.exit(1)
})

/** Beside this file as it is built, or as it is written. */
function workerNamed(name: string): URL {
  const written = import.meta.url.endsWith('.ts')
  return new URL(written ? `./chrooted/${name}.worker.ts` : `./${name}.worker.js`, import.meta.url)
}
