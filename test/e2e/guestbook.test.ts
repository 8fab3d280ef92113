import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePort } from '../ports.ts'
import { loadExampleImages } from './example-images.ts'
import { eventually, stack } from './stack.ts'
import { leavesNothing, projectTraces } from './traces.ts'

test('the example must serve from both stores, outlive its engine without losing a line or an exit code, and leave nothing', async t => {
  const port = await freePort()
  await using s = await stack(t, 'guestbook', { GUESTBOOK_PORT: String(port), ORDERS: '/tmp/none' })
  const orders = join(s.root, 'orders')
  mkdirSync(orders)
  s.env.ORDERS = orders
  await loadExampleImages(t, s.env)

  await s.ok('up', '-d', '--wait')
  assert.equal(await s.ok('logs', '--no-log-prefix', 'migrate'), 'migrated, 0 entries so far\n')
  assert.equal(await s.ok('ps', '-a', 'migrate', '--format', '{{.State}} {{.ExitCode}}'), 'exited 0\n')
  const written = await ask(port, { author: 'me', text: 'hello' })
  assert.equal(written.text, 'hello')
  assert.equal((await ask(port)).source, 'postgres')
  assert.equal((await ask(port)).source, 'redis')

  // Stopped first, so that what follows surely happens behind the engine's back.
  const engine = s.enginePid()
  process.kill(engine, 'SIGSTOP')
  assert.equal((await ask(port)).source, 'redis')
  const exits = () => readdirSync(join(s.root, 'run/exits')).filter(name => name.length === 64).length
  const ended = exits()
  writeFileSync(join(orders, 'die'), '')
  await eventually(async () => exits() > ended, "mortal's exit code")
  process.kill(engine, 'SIGKILL')
  assert.equal((await ask(port)).source, 'redis')

  assert.equal(await s.ok('ps', '-a', 'mortal', '--format', '{{.State}} {{.ExitCode}}'), 'exited 42\n')
  assert.equal((await ask(port, { text: 'again' })).text, 'again')
  assert.equal((await ask(port)).entries.length, 2)
  const numbers = async () => (await s.ok('logs', '--no-log-prefix', 'counter')).trim().split('\n').map(Number)
  const seen = (await numbers()).length
  await eventually(async () => (await numbers()).length > seen + 20, 'more lines of counter')
  const all = await numbers()
  assert.deepEqual(
    all,
    all.map((_, index) => index + 1),
  )

  await s.ok('down', '-v', '-t', '1')
  assert.deepEqual(projectTraces(s.root), [])
  await s.ok('engine', 'stop')
  await leavesNothing(s.root)
})

interface Answer {
  text: string
  source: string
  entries: unknown[]
}

/** Writes an entry, or reads them all. */
async function ask(port: number, entry?: object): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}/entries`, {
    ...(entry ? { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(entry) } : {}),
    signal: AbortSignal.timeout(10_000),
  })
  assert.ok(response.ok, `${response.status}`)
  // The example's server answers so.
  return (await response.json()) as Answer
}
