// Logs with max-size: begun anew while somebody follows, and when the engine was killed, without a line lost or doubled.
import assert from 'node:assert/strict'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { frames } from '../../src/docker/protocol/frames.ts'
import { startEngine, type TestEngine, until } from './engine-process.ts'
import { importBusybox } from './run.ts'

let engine: TestEngine
before(async () => {
  engine = await startEngine()
  await engine.docker.negotiate()
  await importBusybox(engine)
})
after(() => engine[Symbol.asyncDispose]())

/** Counts aloud, without end. */
const counting = ['sh', '-c', 'i=0; while true; do i=$((i+1)); echo $i; usleep 500; done']
const logOf = (id: string) => join(engine.root, 'containers', id, 'container.log')
const inodeOf = (id: string) => statSync(logOf(id)).ino

async function start(Config: Record<string, string>): Promise<string> {
  const HostConfig = { Init: true, LogConfig: { Type: 'json-file' as const, Config } }
  const created = await engine.docker.createContainer({ Image: 'busybox', Cmd: counting, HostConfig })
  assert.deepEqual(created.warnings ?? [], [])
  await created.start()
  return created.id
}

async function numbers(id: string, options: { tail?: number } = {}): Promise<number[]> {
  let text = ''
  const stream = await engine.docker.getContainer(id).logs({ stdout: true, ...options })
  for await (const { data } of frames(stream)) text += data
  return text.trim().split('\n').map(Number)
}

/** Each is the one before and one. */
function assertUnbroken(found: readonly number[]): void {
  const broken = found.findIndex((number, index) => index > 0 && number !== (found[index - 1] ?? 0) + 1)
  assert.equal(broken, -1, `after ${found[broken - 1]} comes ${found[broken]}`)
}

test('who follows sees each line once, over many files', async () => {
  const id = await start({ 'max-size': '10k', 'max-file': '3' })
  const followed: number[] = []
  const stop = new AbortController()
  const options = { stdout: true, follow: true, abortSignal: stop.signal }
  const stream = await engine.docker.getContainer(id).logs(options)
  const reading = (async () => {
    for await (const { data } of frames(stream)) followed.push(...String(data).trim().split('\n').map(Number))
  })()
  reading.catch(() => {})
  const inodes = new Set<number>()
  await until(() => inodes.add(inodeOf(id)).size >= 5, 'five files')
  const kept = await numbers(id)
  await until(() => (followed.at(-1) ?? 0) >= (kept.at(-1) ?? 0), 'the follower')
  stop.abort()
  assertUnbroken(followed)
  assert.equal(followed[0], 1)
  assertUnbroken(kept)
  assert.ok((kept[0] ?? 0) > 1, 'the oldest lines are gone')
  assert.equal(existsSync(`${logOf(id)}.3`), false)
  await engine.docker.getContainer(id).pause()
  const tail = await numbers(id, { tail: 300 })
  assert.equal(tail.length, 300)
  assertUnbroken(tail)
  await engine.docker.getContainer(id).remove({ force: true })
})

test('a kill of the engine loses no line, and the log is limited afterwards too', async () => {
  const id = await start({ 'max-size': '10k', 'max-file': '50' })
  await until(() => existsSync(`${logOf(id)}.2`), 'two files')
  let last = 0
  await engine.crash(() => {
    last = inodeOf(id)
  })
  await until(() => inodeOf(id) !== last, 'the next file')
  const found = await numbers(id)
  assert.equal(found[0], 1)
  assertUnbroken(found)
  await engine.docker.getContainer(id).remove({ force: true })
})
