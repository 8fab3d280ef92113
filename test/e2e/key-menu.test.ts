// The keys of an attached up, through a real terminal.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Pty } from '../pty.ts'
import { eventually, stack } from './stack.ts'
import { onTerminal } from './terminal.ts'

async function atBottom(up: Pty, text: RegExp) {
  await eventually(async () => text.test((await up.screen()).at(-1) ?? ''), `${text} at the bottom`)
}

function watchedFolder(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'tsc-keys-'))
  t.after(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'src'))
  return folder
}

test('up must show its keys below the output, and leave the containers running at d', async t => {
  await using s = await stack(t, 'attached')
  const up = onTerminal(s, 'up')
  t.after(() => t.passed || t.diagnostic(up.output()))
  await atBottom(up, /^ d {2}Detach$/)
  await eventually(async () => /polite speaks/.test(up.output()), 'polite speaks')
  assert.ok(up.isRaw())
  up.type('\r')
  await s.ok('exec', '-T', 'polite', 'sh', '-c', 'echo another line >/proc/1/fd/1')
  await eventually(async () => (await up.screen()).some(line => /^polite-1 +\| another line$/.test(line)), 'a line')
  const shown = await up.screen()
  assert.equal(shown.at(-1), ' d  Detach')
  assert.equal(shown.filter(line => line.includes('Detach')).length, 1)
  up.type('d')
  assert.equal(await up.ended, 0)
  assert.doesNotMatch((await up.screen()).join('\n'), /Detach/)
  assert.equal(await s.ok('ps', '--services'), 'polite\nstubborn\n')
  await s.ok('down', '-t', '0')
})

test('the line of keys must stay one line when the terminal changes its size', async t => {
  await using s = await stack(t, 'attached')
  const up = onTerminal(s, 'up', 'polite')
  t.after(() => t.passed || t.diagnostic(up.output()))
  await atBottom(up, /Detach/)
  for (const [columns, rows] of [
    [160, 40],
    [8, 20],
    [80, 24],
  ] as const) {
    up.resize(columns, rows)
    await atBottom(up, columns < 10 ? /^ d {2}Det$/ : /^ d {2}Detach$/)
  }
  up.type('d')
  assert.equal(await up.ended, 0)
  await s.ok('down', '-t', '0')
})

test('Ctrl-Z must give the terminal back, and the keys be there again afterwards', async t => {
  await using s = await stack(t, 'attached')
  const up = onTerminal(s, 'up', 'polite')
  await atBottom(up, /Detach/)
  // Nobody could continue a program that has no shell, so it goes on at once.
  const seen = up.output().length
  up.type('\x1a')
  await eventually(async () => up.output().slice(seen).includes('Detach'), 'the keys again')
  up.type('\x03')
  assert.equal(await up.ended, 130)
  assert.match((await up.screen()).join('\n'), /Gracefully Stopping/)
  await s.ok('down')
})

test('w must switch the watching of files on and off', async t => {
  const folder = watchedFolder(t)
  await using s = await stack(t, 'watch', { WATCHED: folder })
  const up = onTerminal(s, 'up')
  t.after(() => t.passed || t.diagnostic(up.output()))
  await atBottom(up, /^ w {2}Enable Watch {4}d {2}Detach$/)
  const inside = async () => (await s.cli('exec', '-T', 'app', 'cat', '/srv/src/a')).stdout
  up.type('w')
  await eventually(async () => (await up.screen()).some(line => /⦿ Watch enabled$/.test(line)), 'watch enabled')
  await atBottom(up, /Disable Watch/)
  writeFileSync(join(folder, 'src/a'), 'one')
  await eventually(async () => (await inside()) === 'one', 'the file')
  up.type('w')
  await atBottom(up, /Enable Watch/)
  await eventually(async () => (await up.screen()).some(line => /⦿ Watch disabled$/.test(line)), 'watch disabled')
  up.type('d')
  assert.equal(await up.ended, 0)
  await s.ok('down', '-t', '0')
})

test('up --watch must watch from the beginning, restart what its rules say, and go on showing it', async t => {
  const folder = watchedFolder(t)
  await using s = await stack(t, 'watch', { WATCHED: folder })
  const up = onTerminal(s, 'up', '--watch', 'app')
  t.after(() => t.passed || t.diagnostic(up.output()))
  await atBottom(up, /Disable Watch/)
  await eventually(async () => /Watch enabled/.test(up.output()), 'watch enabled')
  writeFileSync(join(folder, 'src/a'), 'one')
  await eventually(async () => /Syncing service "app"/.test(up.output()), 'the sync')
  writeFileSync(join(folder, 'conf'), 'one')
  const begun = async () => (await up.screen()).filter(line => /^app-1 +\| begun$/.test(line)).length
  await eventually(async () => (await begun()) === 2, 'what it writes after the restart')
  up.type('\x03')
  assert.equal(await up.ended, 130)
  assert.equal(await s.ok('ps', '-q'), '')
  await s.ok('down', '-t', '0')
})

test('what contradicts --watch must be refused, and nothing made', async t => {
  await using s = await stack(t, 'attached')
  for (const [words, why] of [
    [['--watch'], /none of the selected services is configured for watch/],
    [['-d', '--watch'], /--detach cannot be combined with/],
    [['--wait', '--watch'], /--detach cannot be combined with/],
    [['--no-start', '--watch'], /--no-start and --watch are incompatible/],
  ] as const) {
    const { code, stderr } = await s.cli('up', ...words)
    assert.equal(code, 1)
    assert.match(stderr, why)
  }
  assert.equal(await s.ok('ps', '-aq'), '')
})
