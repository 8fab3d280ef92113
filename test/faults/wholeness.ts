// What must hold of the faults' project once nobody is killed any more: looked at through the CLI, the network and
// the kernel.
import assert from 'node:assert/strict'
import type { Docker } from '../../src/docker/client/docker.ts'
import { alive } from '../engine/engine-process.ts'
import { exec, logsOf } from '../engine/run.ts'
import type { Cli } from './cli.ts'

const wanted = [
  'beside-1 running 0',
  'counter-1 running 0',
  'db-1 running 0 healthy',
  'migrate-1 exited 0',
  'web-1 running 0',
  'worker-1 running 0',
  'worker-2 running 0',
].map(line => `faults-${line}`)

/** Throws what is not as it must be. */
export async function assertWhole(cli: Cli, docker: Docker, port: number): Promise<void> {
  const said = await cli.ok('ps', '-a', '--format', '{{.Name}} {{.State}} {{.ExitCode}} {{.Health}}')
  const states = said.split('\n').flatMap(line => line.trim() || [])
  assert.deepEqual(states.sort(), wanted)
  for (const { Id = '' } of await docker.listContainers()) {
    const { State, Name } = await docker.getContainer(Id).inspect()
    assert.ok(alive(State?.Pid ?? 0), `${Name} runs as ${State?.Pid}`)
  }
  const response = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(2000) })
  assert.equal(await response.text(), 'served\n')
  const inside = (name: string) => docker.getContainer(`faults-${name}`)
  for (const worker of ['worker-1', 'worker-2']) {
    // A connection to a container that ends in this moment gets no answer at all.
    const output = await exec(inside(worker), ['timeout', '2', 'wget', '-qO-', 'http://web/'])
    assert.deepEqual(output, { exitCode: 0, stdout: 'served\n', stderr: '' })
  }
  const beside = await exec(inside('beside-1'), ['timeout', '2', 'wget', '-qO-', 'http://127.0.0.1/'])
  assert.deepEqual(beside, { exitCode: 0, stdout: 'served\n', stderr: '' })
  assert.equal((await exec(inside('db-1'), ['cat', '/data/schema'])).stdout, 'migrated\n')
  assertCounted((await logsOf(inside('counter-1'))).stdout)
}

/** Each life of the counter counts from one, and no line of it is lost, doubled or out of order. */
function assertCounted(log: string): void {
  let before = 0
  for (const line of log.trim().split('\n')) {
    const number = Number(/^line (\d+)$/.exec(line)?.[1])
    const follows = number === before + 1 || number === 1
    assert.ok(follows, `line ${before} of the counter is followed by ${JSON.stringify(line)}`)
    before = number
  }
}
