// What must hold of the faults' project once nobody is killed any more: looked at through the CLI, the network and
// the kernel.
import assert from 'node:assert/strict'
import type { Docker } from '../../src/engine/client/docker.ts'
import { alive } from '../engine/engineProcess.ts'
import type { Cli } from './cli.ts'

const wanted = [
  'beside running 0',
  'counter running 0',
  'db running 0 healthy',
  'migrate exited 0',
  'web running 0',
  'worker running 0',
  'worker running 0',
]

/** Throws what is not as it must be. */
export async function assertWhole(cli: Cli, docker: Docker, port: number): Promise<void> {
  const states = (await cli.ok('ps', '-a', '--format', '{{.Service}} {{.State}} {{.ExitCode}} {{.Health}}'))
    .trim()
    .split('\n')
  assert.deepEqual(states.map(line => line.trim()).sort(), wanted)
  for (const { Id = '' } of await docker.listContainers()) {
    const { State, Name } = await docker.getContainer(Id).inspect()
    assert.ok(alive(State?.Pid ?? 0), `${Name} runs as ${State?.Pid}`)
  }
  const response = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(2000) })
  assert.equal(await response.text(), 'served\n')
  for (const index of ['1', '2'])
    assert.equal(await cli.ok('exec', '-T', '--index', index, 'worker', 'wget', '-qO-', 'http://web/'), 'served\n')
  assert.equal(await cli.ok('exec', '-T', 'db', 'cat', '/data/schema'), 'migrated\n')
  assertCounted(await cli.ok('logs', '--no-log-prefix', 'counter'))
}

/** Each life of the counter counts from one, and no line of it is lost, doubled or out of order. */
function assertCounted(log: string): void {
  let before = 0
  for (const line of log.trim().split('\n')) {
    const number = Number(/^line (\d+)$/.exec(line)?.[1])
    assert.ok(
      number === before + 1 || number === 1,
      `line ${before} of the counter is followed by ${JSON.stringify(line)}`,
    )
    before = number
  }
}
