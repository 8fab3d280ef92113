import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openDatabase } from '../../store/database.ts'
import type { ContainerRecord } from '../record.ts'
import { createRegistry } from '../registry.ts'
import { watchExits } from './exits.ts'

const id = 'e'.repeat(64)

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 20_000; !condition(); await sleep(10)) assert.ok(Date.now() < deadline)
}

/** A process that names the container, as conmon does, and is noted as its conmon. */
function conmonOf(folder: string, containerId: string) {
  const conmon = spawn('sh', ['-c', 'exec sleep 1000 & wait', containerId], { stdio: 'ignore', detached: true })
  writeFileSync(join(folder, 'conmon.pid'), String(conmon.pid))
  return {
    async kill() {
      if (conmon.pid === undefined || conmon.exitCode !== null || conmon.signalCode !== null) return
      process.kill(-conmon.pid, 'SIGKILL')
      await once(conmon, 'exit')
    },
  }
}

// The watch reads nothing else of a record.
const recordOf = (containerId: string, pid = 0) =>
  ({ id: containerId, name: containerId, state: { status: 'running', pid, startTime: '' } }) as ContainerRecord

test('a container that began anew between two looks is not taken for one whose conmon was killed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tsc-exits-'))
  const folderOf = (record: ContainerRecord) => join(folder, record.id)
  const [first, other] = [recordOf(id, 1), recordOf('f'.repeat(64))]
  for (const record of [first, other]) mkdirSync(folderOf(record))
  const conmons = [first, other].map(record => conmonOf(folderOf(record), record.id))
  const database = openDatabase(join(folder, 'engine.db'))
  const registry = createRegistry(database.collection<ContainerRecord>('containers'))
  for (const record of [first, other]) registry.save(record)
  const told: string[] = []
  const lookedAt = new Set<string>()
  const watch = watchExits({
    folder: join(folder, 'exits'),
    registry,
    folderOf: record => {
      lookedAt.add(record.id)
      return folderOf(record)
    },
    ended: async () => {},
    orphaned: async record => void told.push(record.id),
    log: () => {},
  })
  try {
    await until(() => lookedAt.size === 2)
    // The engine does this in one go after an end that is noted in time.
    first.state.pid = 2
    const ended = conmons[0]?.kill()
    conmons.push(conmonOf(folderOf(first), id))
    await ended
    await conmons[1]?.kill()
    // Told in the same look as the first would be.
    await until(() => told.includes(other.id))
    assert.deepEqual(told, [other.id])
  } finally {
    watch.stop()
    for (const conmon of conmons) await conmon.kill()
    database[Symbol.dispose]()
    rmSync(folder, { recursive: true })
  }
})

test('a conmon that can not be looked at for want of descriptors is not taken for one that was killed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tsc-exits-'))
  const conmon = conmonOf(folder, id)
  const database = openDatabase(join(folder, 'engine.db'))
  const registry = createRegistry(database.collection<ContainerRecord>('containers'))
  registry.save(recordOf(id))
  const [told, lines]: [string[], string[]] = [[], []]
  const soft = execFileSync('sh', ['-c', 'ulimit -Sn'], { encoding: 'utf8' }).trim()
  const limit = (most: string) => `prlimit --pid ${process.pid} --nofile=${most}:`
  // Waits with what is needed to go back, since nothing can be started meanwhile.
  const back = spawn('sh', ['-c', `read word; exec ${limit(soft)}`], { stdio: ['pipe', 'ignore', 'ignore'] })
  const watch = watchExits({
    folder: join(folder, 'exits'),
    registry,
    folderOf: () => folder,
    ended: async (_, code) => void told.push(`ended ${code}`),
    orphaned: async () => void told.push('orphaned'),
    log: line => void lines.push(line),
  })
  try {
    execFileSync('sh', ['-c', limit('3')])
    await until(() => told.length + lines.length > 0)
    assert.deepEqual(told, [])
    assert.match(lines[0] ?? '', /eeee.*EMFILE/)
    back.stdin?.end('back\n')
    await once(back, 'exit')
    assert.equal(lines.length, 1, 'it is told once')
    await conmon.kill()
    await until(() => told.length > 0)
    assert.equal(told[0], 'orphaned')
  } finally {
    back.stdin?.end('back\n')
    watch.stop()
    await conmon.kill()
    database[Symbol.dispose]()
    rmSync(folder, { recursive: true })
  }
})

test('a look waits until an end is recorded, and the next one does not queue behind it once more', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tsc-exits-'))
  const conmon = conmonOf(folder, id)
  const database = openDatabase(join(folder, 'engine.db'))
  const registry = createRegistry(database.collection<ContainerRecord>('containers'))
  const record = recordOf(id, 1)
  registry.save(record)
  const recorded = Promise.withResolvers<void>()
  let told = 0
  const watch = watchExits({
    folder: join(folder, 'exits'),
    registry,
    folderOf: () => folder,
    ended: async () => {},
    async orphaned() {
      told++
      await recorded.promise
      record.state.status = 'exited'
    },
    log: () => {},
  })
  try {
    await watch.look()
    await conmon.kill()
    const looks = [watch.look(), watch.look()].map(look => look.then(() => record.state.status))
    recorded.resolve()
    assert.deepEqual(await Promise.all(looks), ['exited', 'exited'])
    assert.equal(told, 1)
  } finally {
    watch.stop()
    await conmon.kill()
    database[Symbol.dispose]()
    rmSync(folder, { recursive: true })
  }
})
