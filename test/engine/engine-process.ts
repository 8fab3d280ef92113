// One engine of its own for a test file: own data root, stopped and swept at the end, whatever happened.
import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { Docker } from '../../src/docker/client/docker.ts'
import { engineRoots } from '../../src/shared/roots.ts'
import { makeTestRoot } from '../test-root.ts'

export interface TestEngine extends AsyncDisposable {
  root: string
  runRoot: string
  docker: Docker
  env: NodeJS.ProcessEnv
  pid(): number
  /** kill -9, and a client of the engine that was started instead. `meanwhile` is called while there is none. */
  crash(meanwhile?: () => void): Promise<void>
  /** Closes the client's connections and opens others as they are needed. */
  reconnect(): void
  stop(): Promise<void>
}

const entry = new URL('../../dist/engine.js', import.meta.url).pathname

export interface StartOptions {
  /** What the engine is started by, such as `unshare --net`; it must end in an exec of its arguments. */
  wrapper?: readonly string[]
  /** Called with the data root before the start. */
  prepare?: (root: string) => void
  /** Called with it when the engine has gone. */
  undo?: (root: string) => void
}

/** Starts dist/engine.js with an empty data root; `settings` are further variables of its environment. */
export async function startEngine(
  settings: Record<string, string> = {},
  { wrapper = [], prepare, undo }: StartOptions = {},
): Promise<TestEngine> {
  const root = makeTestRoot('tsc-engine-')
  prepare?.(root)
  const env = { PATH: process.env.PATH, HOME: '/root', TSC_COMPOSE_ROOT: root, ...settings }
  const roots = engineRoots(env)
  try {
    await launch(env, wrapper)
  } catch (error) {
    undo?.(root)
    rmSync(root, { recursive: true, force: true })
    throw error
  }
  const engine: TestEngine = {
    root,
    runRoot: roots.runRoot,
    env,
    docker: new Docker({ kind: 'unix', path: roots.socketPath }),
    pid: () => Number(readFileSync(roots.pidPath, 'utf8')),
    async crash(meanwhile) {
      const before = engine.pid()
      process.kill(before, 'SIGKILL')
      engine.reconnect()
      await until(() => !alive(before), 'the end of the engine')
      meanwhile?.()
      // The supervisor starts one while something runs; this one then gives way to it.
      await launch(env, wrapper)
      await until(
        async () =>
          await engine.docker.ping().then(
            () => true,
            () => false,
          ),
        'an answer of the new engine',
      )
    },
    reconnect() {
      engine.docker.close()
      engine.docker = new Docker({ kind: 'unix', path: roots.socketPath })
    },
    async stop() {
      const pid = engine.pid()
      await engine.docker.extension('shutdown', { body: { stopContainers: true } })
      engine.docker.close()
      await until(() => !alive(pid), 'the end of the engine')
    },
    async [Symbol.asyncDispose]() {
      try {
        // What a full or read-only disk keeps goes with its folder.
        for (const { Id = '' } of await engine.docker.listContainers({ all: true }))
          await engine.docker
            .getContainer(Id)
            .remove({ force: true, v: true })
            .catch(() => {})
        await engine.stop()
      } catch {
        // Stopped by the test itself.
      } finally {
        // A supervisor that is about to end may still touch its files.
        await until(() => processesOf(root).length === 0, `the end of ${processesOf(root).join(', ')}`)
        undo?.(root)
        rmSync(root, { recursive: true, force: true })
      }
    },
  }
  return engine
}

async function launch(env: NodeJS.ProcessEnv, wrapper: readonly string[]): Promise<ChildProcess> {
  const [program = '', ...args] = [...wrapper, process.execPath, entry]
  const child = spawn(program, args, {
    detached: true,
    env,
    cwd: '/',
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  })
  // spawn() made descriptor 3 a pipe.
  const report = child.stdio[3] as Readable
  const line = await new Promise<string>(resolve =>
    report.once('data', chunk => resolve(String(chunk))).once('end', () => resolve('no answer')),
  )
  report.destroy()
  child.unref()
  if (line.trim() !== 'ready') throw new Error(`the engine did not start: ${line}`)
  return child
}

/** Polls until `check` holds; fails after `deadline` milliseconds, saying what did not come. */
export async function until(check: () => boolean | Promise<boolean>, what: string, deadline = 20_000): Promise<void> {
  const end = Date.now() + deadline
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`${what} did not come within ${deadline / 1000} s`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

/** The command lines of living processes that name this data root. */
export function processesOf(root: string): string[] {
  return readdirSync('/proc').flatMap(pid => {
    if (!/^\d+$/.test(pid) || !alive(Number(pid))) return []
    const command = commandOf(pid)
    return command.includes(root) ? [`${pid} ${command}`] : []
  })
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

export function alive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
