// What scenarios share: an engine of their own, one small image, the CLI as a user runs it, and a transcript of all
// that was run, printed when a scenario fails.
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { createReadStream, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { TestContext } from 'node:test'
import { runningEngine } from '../../src/cli/embedded.ts'
import { followProgress } from '../../src/docker/protocol/json-lines.ts'
import { engineRoots } from '../../src/shared/roots.ts'
import { busyboxTar } from '../busybox.ts'
import { makeTestRoot } from '../test-root.ts'

const project = new URL('../..', import.meta.url).pathname

export interface Run {
  stdout: string
  stderr: string
  code: number
}

export interface Stack extends AsyncDisposable {
  root: string
  /** Of commands: the engine's root, the project's name, and what the scenario adds. */
  env: NodeJS.ProcessEnv
  cwd: string
  /** Runs tsc-compose in the scenario's folder. */
  cli(...args: string[]): Promise<Run>
  /** As cli, and fails unless the exit code is 0. */
  ok(...args: string[]): Promise<string>
  /** Process id of the engine. */
  enginePid(): number
}

/** `scenario` is a folder below testdata with a compose.yaml. */
export async function stack(t: TestContext, scenario: string, own: NodeJS.ProcessEnv = {}): Promise<Stack> {
  const cwd = join(project, 'test/e2e/testdata', scenario)
  const root = makeTestRoot('tsc-e2e-')
  const { DOCKER_HOST: _host, DOCKER_CONTEXT: _context, ...rest } = process.env
  const env = {
    ...rest,
    TSC_COMPOSE_ROOT: root,
    COMPOSE_PROJECT_NAME: `e2e-${scenario}-${basename(root).slice(-6).toLowerCase()}`,
    ...own,
  }
  const transcript: string[] = []
  const cli = (...args: string[]) =>
    new Promise<Run>(resolve => {
      const options = { cwd, env, timeout: 60_000, killSignal: 'SIGKILL' } as const
      execFile(process.execPath, [join(project, 'bin/run.js'), ...args], options, (error, stdout, stderr) => {
        const code = error ? (typeof error.code === 'number' ? error.code : -1) : 0
        transcript.push(`$ tsc-compose ${args.join(' ')}\n${stdout}${stderr}exit: ${code}`)
        resolve({ stdout, stderr, code })
      })
    })
  const ok = async (...args: string[]) => {
    const { stdout, stderr, code } = await cli(...args)
    assert.equal(code, 0, `tsc-compose ${args.join(' ')}: ${stderr}`)
    return stdout
  }
  t.after(() => {
    if (!t.passed) t.diagnostic(transcript.join('\n'))
  })
  await ok('engine', 'start')
  await importBusybox(env)
  return {
    root,
    env,
    cwd,
    cli,
    ok,
    enginePid: () => Number(execFileSync('cat', [engineRoots(env).pidPath], { encoding: 'utf8' })),
    async [Symbol.asyncDispose]() {
      // Nothing is waited for: containers that a failed scenario left may not want to stop.
      if (!t.passed) await cli('kill')
      await cli('engine', 'stop')
      rmSync(root, { recursive: true, force: true })
    },
  }
}

/** The tests' image as busybox:latest. */
async function importBusybox(env: NodeJS.ProcessEnv): Promise<void> {
  const running = await runningEngine(engineRoots(env))
  assert.ok(running, 'the engine answers')
  await followProgress(
    await running.docker.importImage(createReadStream(busyboxTar()), {
      repo: 'busybox',
      tag: 'latest',
      changes: 'CMD ["sh"]',
    }),
  )
  running.docker.close()
}

/** Polls until `check` gives true; the deadline is an error. */
export async function eventually(check: () => Promise<boolean>, what: string, deadlineMs = 15_000): Promise<void> {
  const end = Date.now() + deadlineMs
  while (!(await check())) {
    assert.ok(Date.now() < end, `${what} did not happen within ${deadlineMs / 1000} s`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}
