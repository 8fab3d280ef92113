// Rounds of up and down with kill -9 in between: of the engine, of the CLI, of conmons, of the supervisor. After each
// the project must become whole by one more `up`, and after `down` nothing of it may be left.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createReadStream, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Docker } from '../../src/docker/client/docker.ts'
import { followProgress } from '../../src/docker/protocol/json-lines.ts'
import { nft } from '../../src/engine/kernel/nftables.ts'
import { engineRoots } from '../../src/shared/roots.ts'
import { busyboxTar } from '../busybox.ts'
import { leavesNothing, projectTraces } from '../e2e/traces.ts'
import { freePort } from '../ports.ts'
import { makeTestRoot } from '../test-root.ts'
import { type Call, createCli } from './cli.ts'
import { type Random, seeded } from './random.ts'
import { enginePid, strike, type Victim } from './victims.ts'
import { assertWhole } from './wholeness.ts'

export interface RoundsOptions {
  rounds: number
  seed: number
  /** Told of each round that held. */
  onRound?: (round: number, struck: readonly string[]) => void
}

export interface RoundsResult {
  /** How often each kind of process was killed. */
  struck: Record<string, number>
  /** Milliseconds from the end of an engine to the first answer of the next, sorted. */
  recoveries: number[]
  /** Of the engine at the end. */
  memoryBytes: number
  descriptors: number
}

/** Milliseconds within which the moments of the faults lie: about what the commands take. */
const [upSpan, downSpan] = [900, 500]

/** Commands that end containers and may start them again, after which `up` has something to do or nothing. */
const changes: readonly [string[], ...string[][]] = [
  ['up', '-d', '--force-recreate', '-t', '0'],
  ['restart', '-t', '0'],
  ['stop', '-t', '0'],
  ['kill'],
]

export async function runRounds({ rounds, seed, onRound }: RoundsOptions): Promise<RoundsResult> {
  const root = makeTestRoot('tsc-faults-')
  const port = await freePort()
  const { DOCKER_HOST: _host, DOCKER_CONTEXT: _context, ...own } = process.env
  const env = { ...own, TSC_COMPOSE_ROOT: root, COMPOSE_PROJECT_NAME: 'faults', PORT: String(port) }
  const roots = engineRoots(env)
  const cli = createCli(env)
  const docker = new Docker({ kind: 'unix', path: roots.socketPath })
  const result: RoundsResult = { struck: {}, recoveries: [], memoryBytes: 0, descriptors: 0 }
  try {
    await cli.ok('engine', 'start')
    await followProgress(
      await docker.importImage(createReadStream(busyboxTar()), {
        repo: 'busybox',
        tag: 'latest',
        changes: 'CMD ["sh"]',
      }),
    )
    for (let round = 1; round <= rounds; round++) {
      // A round can be repeated alone: its choices depend on nothing before it.
      const random = seeded(seed * 1_000_003 + round)
      const struck: string[] = []
      cli.forget()
      try {
        await playRound(random, struck)
      } catch (error) {
        throw new Error(`round ${round} of seed ${seed}, struck: ${struck.join(', ')}\n${report()}`, { cause: error })
      }
      for (const line of struck) {
        const kind = line.split(' ')[0] ?? ''
        result.struck[kind] = (result.struck[kind] ?? 0) + 1
      }
      onRound?.(round, struck)
    }
    const status = await docker.extension('status')
    result.memoryBytes = status.memoryBytes
    result.descriptors = readdirSync(`/proc/${status.pid}/fd`).length
    result.recoveries.sort((a, b) => a - b)
    await cli.ok('engine', 'stop')
    await leavesNothing(root)
    return result
  } finally {
    docker.close()
    await cleanUp()
  }

  /** Of a round that failed there may be more left than this takes away; the next run of the tests sweeps it. */
  async function cleanUp(): Promise<void> {
    await cli.start('down', '-v', '-t', '0').ended
    await cli.start('engine', 'stop').ended
    try {
      rmSync(root, { recursive: true, force: true })
    } catch (error) {
      console.error(`${root} is still in use: ${error}`)
    }
  }

  async function playRound(random: Random, struck: string[]): Promise<void> {
    await withFaults(cli.start('up', '-d'), upSpan, random, struck)
    await cli.ok('up', '-d')
    await eventually(() => assertWhole(cli, docker, port))
    // Nobody asks anything meanwhile: the engine must come back by itself.
    const victim = random.pick<Victim>(['engine', 'conmon'])
    const before = enginePid(roots)
    const met = strike(victim, roots, random)
    assert.ok(met, `there is one to kill: ${victim}`)
    struck.push(met)
    if (victim === 'engine') result.recoveries.push(await recovery(before ?? 0))
    await eventually(() => assertWhole(cli, docker, port))
    if (random.chance(0.6)) {
      await withFaults(cli.start(...random.pick(changes)), upSpan, random, struck)
      await cli.ok('up', '-d')
      await eventually(() => assertWhole(cli, docker, port))
    }
    await withFaults(cli.start('down', '-v', '-t', '0'), downSpan, random, struck)
    await cli.ok('down', '-v', '-t', '0')
    assert.equal(await cli.ok('ps', '-a', '-q'), '')
    await eventually(async () => assert.deepEqual(projectTraces(root), []))
  }

  /** Kills one or two while a command runs, at moments that the seed chooses. */
  async function withFaults(call: Call, span: number, random: Random, struck: string[]): Promise<void> {
    const faults = Array.from({ length: random.chance(0.3) ? 2 : 1 }, () => ({
      at: random.below(span),
      victim: random.pick<Victim | 'cli'>(['engine', 'engine', 'cli', 'conmon', 'supervisor']),
    })).sort((a, b) => a.at - b.at)
    const began = Date.now()
    for (const { at, victim } of faults) {
      await sleep(Math.max(0, began + at - Date.now()))
      const met = victim === 'cli' ? call.child.kill('SIGKILL') && 'cli' : strike(victim, roots, random)
      if (met) struck.push(`${met} after ${Math.round(at)} ms`)
    }
    const { code, stderr } = await call.ended
    // Whoever wasn't killed itself tells what happened in a sentence.
    if (code > 0) assert.doesNotMatch(stderr, /^\s+at .*:\d+|internal error|undefined/m)
  }

  async function recovery(before: number): Promise<number> {
    const began = performance.now()
    await eventually(async () => {
      assert.notEqual(enginePid(roots) ?? before, before, 'a new engine')
      await docker.ping({ abortSignal: AbortSignal.timeout(1000) })
    }, 5)
    return performance.now() - began
  }

  function report(): string {
    const log = readFileSync(join(root, 'engine.log'), 'utf8').trim().split('\n').slice(-30).join('\n')
    const links = execFileSync('sh', ['-c', 'ip -br addr; ip route'], { encoding: 'utf8' })
    const host = `${links}${nft('list ruleset')}`
    return `${cli.transcript()}\n-- engine.log\n${log}\n-- on the host\n${projectTraces(root).join('\n')}\n${host}`
  }
}

/** Asks until it holds; after 15 s what it threw last is the failure. */
async function eventually(check: () => Promise<void>, pause = 50): Promise<void> {
  const end = Date.now() + 15_000
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (Date.now() > end) throw error
      await sleep(pause)
    }
  }
}
