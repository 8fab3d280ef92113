import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { eventually, type Stack, stack } from './stack.ts'
import { projectTraces } from './traces.ts'

const entry = new URL('../../bin/run.js', import.meta.url).pathname

/** A folder with what is watched, and the CLI watching it once that is enabled. */
async function watched(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'tsc-watch-'))
  t.after(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'src'))
  const s = await stack(t, 'watch', { WATCHED: folder })
  const write = (path: string, text: string) => writeFileSync(join(folder, path), text)
  const inside = async (script: string) => (await s.cli('exec', '-T', 'app', 'sh', '-c', script)).stdout
  return { folder, s, write, inside }
}

async function startWatch(t: TestContext, s: Stack, ...words: string[]) {
  const child = execFile(process.execPath, [entry, 'watch', ...words], { cwd: s.cwd, env: s.env })
  t.after(() => child.kill('SIGKILL'))
  let said = ''
  const hear = (chunk: string) => {
    said += chunk
  }
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', hear)
  await eventually(async () => said.includes('Watch enabled') || child.exitCode !== null, 'watching')
  assert.equal(child.exitCode, null, said)
  return {
    said: () => said,
    async end() {
      child.kill('SIGINT')
      const [code] = await once(child, 'exit')
      assert.equal(code, 130)
    },
  }
}

test('what is saved must be in the container, owned by its user, and what is deleted or renamed must not', async t => {
  const { folder, s, write, inside } = await watched(t)
  await using _ = s
  const watch = await startWatch(t, s)
  write('src/a', 'one')
  await eventually(async () => (await inside('cat /srv/src/a')) === 'one', 'the file')
  assert.equal(await inside('stat -c %u:%g /srv/src/a'), '7:8\n')
  write('src/a', 'two')
  write('src/skipped', 'x')
  write('src/b.log', 'x')
  mkdirSync(join(folder, 'src/deep/er'), { recursive: true })
  write('src/deep/er/c', 'three')
  await eventually(async () => (await inside('cat /srv/src/a /srv/src/deep/er/c')) === 'twothree', 'the others')
  renameSync(join(folder, 'src/a'), join(folder, 'src/z'))
  rmSync(join(folder, 'src/deep'), { recursive: true })
  await eventually(async () => (await inside('cd /srv/src && echo *')) === 'z\n', 'the renamed and the deleted')
  assert.doesNotMatch(watch.said(), /restarted/)
  await watch.end()
  assert.equal(await s.ok('ps', '--services'), 'app\nother\n', 'the containers go on')
  await s.ok('down', '-t', '0')
  assert.deepEqual(projectTraces(s.root), [])
})

test('a restart and a step must follow their files, once for a save, in their service alone', async t => {
  const { s, write, inside } = await watched(t)
  await using _ = s
  const watch = await startWatch(t, s)
  const lives = async (service: string) => (await s.ok('logs', '--no-log-prefix', service)).split('begun').length - 1
  write('conf', 'new')
  await eventually(async () => (await lives('app')) === 2, 'the restart')
  assert.equal(await inside('cat /tmp/conf'), 'new')
  write('step', 'ran\n')
  await eventually(async () => (await inside('cat /tmp/steps')) === 'ran\n', 'the step')
  assert.equal(await lives('other'), 1)
  write('other', 'x')
  await eventually(async () => (await lives('other')) === 2, 'the restart of the other')
  assert.deepEqual([await lives('app'), watch.said().match(/restarted/g)?.length], [2, 2])
  await watch.end()
  await s.ok('down', '-t', '0')
})

test('what changed while nobody watched must arrive, and what is the same must not be sent again', async t => {
  const { s, write, inside } = await watched(t)
  await using _ = s
  const first = await startWatch(t, s)
  write('src/kept', 'same')
  write('src/changed', 'old')
  await eventually(async () => (await inside('cat /srv/src/kept /srv/src/changed')) === 'sameold', 'the files')
  await first.end()
  write('src/changed', 'new')
  write('src/added', 'more')
  const second = await startWatch(t, s, '--no-up', 'app')
  assert.match(second.said(), /Syncing service "app" after 2 changes were detected\nWatch enabled\n/)
  assert.equal(await inside('cat /srv/src/changed /srv/src/added'), 'newmore')
  await second.end()
  const third = await startWatch(t, s, '--no-up', 'app')
  assert.equal(third.said(), 'Watch enabled\n')
  await third.end()
  await s.ok('down', '-t', '0')
})

test('files must go on arriving after the engine was killed', async t => {
  const { s, write, inside } = await watched(t)
  await using _ = s
  const watch = await startWatch(t, s)
  process.kill(s.enginePid(), 'SIGKILL')
  await s.ok('ps')
  write('src/after', 'still')
  await eventually(async () => (await inside('cat /srv/src/after')) === 'still', 'the file')
  await watch.end()
  await s.ok('down', '-t', '0')
})
