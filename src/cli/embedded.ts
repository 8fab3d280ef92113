// The embedded engine, started when nobody listens. It runs from dist/engine.js, detached, with an environment of
// its own: it outlives this process, so nothing of the caller's surroundings may stay in it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { Docker } from '../docker/client/docker.ts'
import type { CallOptions } from '../docker/client/http.ts'
import { ComposeError, messageOf } from '../shared/errors.ts'
import { identify, isAlive, type ProcessIdentity } from '../shared/processes.ts'
import { type EngineRoots, engineRoots } from '../shared/roots.ts'
import { packageVersion } from '../shared/version.ts'
import { dockerConfig, engineHeaders } from './docker-config.ts'

export interface EmbeddedOptions extends CallOptions {
  env: NodeJS.ProcessEnv
  /** The bundle with the engine. */
  entry: string
  /** Default: 20 s, since after a boot an engine brings containers back first. */
  deadlineMs?: number
}

/** A client of the embedded engine, which answers and is not older than we are. */
export async function embeddedEngine(options: EmbeddedOptions): Promise<Docker> {
  const roots = engineRoots(options.env)
  const running = await runningEngine(roots, options)
  if (running?.current) return running.docker
  if (running) {
    const processes = engineProcesses(roots)
    await shutDownEngine(running.docker, { stopContainers: false, ...options })
    running.docker.close()
    await gone(processes, options)
  }
  await startEngine(options)
  const started = await runningEngine(roots, options)
  if (started) return started.docker
  throw new ComposeError('unavailable', `the engine said it is ready, but ${roots.socketPath} does not answer`, {
    hint: 'tsc-compose engine logs',
  })
}

/**
 * Undefined when nobody listens; `current` is false for an engine older than we are. A newer one is left alone: it
 * speaks the same API, and an older engine could not read its state.
 */
export async function runningEngine(
  roots: EngineRoots,
  options: CallOptions = {},
): Promise<{ docker: Docker; version: string; current: boolean } | undefined> {
  const docker = new Docker({ kind: 'unix', path: roots.socketPath }, { headers: engineHeaders(dockerConfig()) })
  try {
    const { server } = await docker.negotiate({ abortSignal: options.abortSignal })
    const version = server.replace('tsc-compose/', '')
    return { docker, version, current: !isOlder(version, packageVersion()) }
  } catch (error) {
    docker.close()
    if (error instanceof ComposeError && error.code === 'unavailable') return undefined
    throw error
  }
}

/** By the three numbers of semver; a pre-release (`1.0.0-rc.1`) is older than its release. */
function isOlder(version: string, than: string): boolean {
  const parts = (text: string) => {
    const [numbers = '', ...rest] = text.split('-')
    return [...numbers.split('.').map(Number), rest.length > 0 ? 0 : 1]
  }
  const [own, other] = [parts(version), parts(than)]
  const differs = own.findIndex((part, index) => part !== other[index])
  return differs >= 0 && (own[differs] ?? 0) < (other[differs] ?? 0)
}

/** The answer comes before the engine ends. */
export async function shutDownEngine(
  docker: Docker,
  options: CallOptions & { stopContainers: boolean },
): Promise<void> {
  await docker.extension('shutdown', {
    body: { stopContainers: options.stopContainers },
    abortSignal: options.abortSignal,
  })
}

/** The processes of an engine that runs: itself, and what starts it again. To be read before it is shut down. */
export function engineProcesses(roots: EngineRoots): ProcessIdentity[] {
  const supervisor = written(join(roots.runRoot, 'supervisor')) as ProcessIdentity | undefined
  return [identify(Number(written(roots.pidPath))), supervisor].filter(found => found !== undefined)
}

/** What an engine wrote there; undefined when it wrote nothing. */
function written(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

/** Waits until none of these processes is left. */
export async function gone(
  processes: readonly ProcessIdentity[],
  options: CallOptions & { deadlineMs?: number } = {},
): Promise<void> {
  const deadline = Date.now() + (options.deadlineMs ?? 10_000)
  for (;;) {
    const left = processes.find(isAlive)
    if (!left) return
    options.abortSignal?.throwIfAborted()
    if (Date.now() > deadline) {
      throw new ComposeError('deadline_exceeded', `the engine (pid ${left.pid}) does not end`, {
        hint: `kill ${left.pid}`,
      })
    }
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

const keptVariables =
  /^(PATH|HOME|TSC_COMPOSE_ROOT|TSC_COMPOSE_CONFIG|TSC_COMPOSE_IDLE_SECONDS|XDG_.*|HTTP_PROXY|HTTPS_PROXY|NO_PROXY|http_proxy|https_proxy|no_proxy|NODE_EXTRA_CA_CERTS|TZ|LANG)$/

export function engineEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => keptVariables.test(name)))
}

/** Settles when the engine, or another one that was faster, says on fd 3 that its socket answers. */
async function startEngine(options: EmbeddedOptions): Promise<void> {
  const { spawn } = process.getBuiltinModule('node:child_process')
  const child = spawn(process.execPath, [options.entry], {
    detached: true,
    cwd: '/',
    env: engineEnvironment(options.env),
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  // 'pipe' at index 3 makes a readable stream there.
  const report = child.stdio[3] as Readable
  const deadlineMs = options.deadlineMs ?? 20_000
  try {
    const line = await firstLine(
      child,
      report,
      AbortSignal.any([AbortSignal.timeout(deadlineMs), ...(options.abortSignal ? [options.abortSignal] : [])]),
    )
    if (line === 'ready') return
    throw new ComposeError('failed_precondition', `the engine could not start: ${line.replace(/^error: /, '')}`, {
      hint: 'tsc-compose doctor',
    })
  } catch (error) {
    if (error instanceof ComposeError) throw error
    if (options.abortSignal?.aborted) throw new ComposeError('canceled', 'canceled', { cause: error })
    child.kill()
    throw new ComposeError('deadline_exceeded', `the engine is not ready after ${deadlineMs / 1000} s`, {
      hint: 'tsc-compose engine logs',
      cause: error,
    })
  } finally {
    report.destroy()
    child.unref()
  }
}

function firstLine(
  child: import('node:child_process').ChildProcess,
  report: Readable,
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    report.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk
      const end = said.indexOf('\n')
      if (end >= 0) resolve(said.slice(0, end))
    })
    child.on('error', cause => resolve(`error: ${messageOf(cause)}`))
    child.on('close', (code, killed) => resolve(said.trim() || `error: it ended with ${killed ?? code}`))
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
