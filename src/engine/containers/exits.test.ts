import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openDatabase } from '../store/database.ts'
import { watchExits } from './exits.ts'
import type { ContainerRecord } from './record.ts'
import { createRegistry } from './registry.ts'

const id = 'e'.repeat(64)

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 20_000; !condition(); await sleep(10)) assert.ok(Date.now() < deadline)
}

test('a conmon that can not be looked at for want of descriptors is not taken for one that was killed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tsc-exits-'))
  // A process that names the container, as conmon does.
  const conmon = spawn('sh', ['-c', 'exec sleep 1000 & wait', id], { stdio: 'ignore', detached: true })
  writeFileSync(join(folder, 'conmon.pid'), String(conmon.pid))
  const database = openDatabase(join(folder, 'engine.db'))
  const registry = createRegistry(database.collection<ContainerRecord>('containers'))
  // The watch reads nothing else of a record.
  const record = { id, name: 'held', state: { status: 'running', pid: 0 } } as ContainerRecord
  registry.save(record)
  const [told, lines]: [string[], string[]] = [[], []]
  const soft = execFileSync('sh', ['-c', 'ulimit -Sn'], { encoding: 'utf8' }).trim()
  const limit = (most: string) => `prlimit --pid ${process.pid} --nofile=${most}:`
  // Waits with what is needed to go back, since nothing can be started meanwhile.
  const back = spawn('sh', ['-c', `read word; exec ${limit(soft)}`], { stdio: ['pipe', 'ignore', 'ignore'] })
  const watch = watchExits({
    folder: join(folder, 'exits'),
    registry,
    folderOf: () => folder,
    ended: (_, code) => void told.push(`ended ${code}`),
    orphaned: () => void told.push('orphaned'),
    log: line => void lines.push(line),
  })
  try {
    execFileSync('sh', ['-c', limit('3')])
    await until(() => told.length + lines.length > 0)
    assert.deepEqual(told, [])
    assert.match(lines[0] ?? '', /held.*EMFILE/)
    back.stdin?.end('back\n')
    await once(back, 'exit')
    assert.equal(lines.length, 1, 'it is told once')
    assert.ok(conmon.pid)
    process.kill(-conmon.pid, 'SIGKILL')
    await once(conmon, 'exit')
    await until(() => told.length > 0)
    assert.equal(told[0], 'orphaned')
  } finally {
    back.stdin?.end('back\n')
    watch.stop()
    database[Symbol.dispose]()
    rmSync(folder, { recursive: true })
  }
})
