import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { logPathOf } from './attachments.ts'
import { inheritBeside, inheritLog, readWhole } from './inherit-log.ts'
import type { LogRange } from './log-file.ts'

const root = mkdtempSync(join(tmpdir(), 'inherit-'))
after(() => rmSync(root, { recursive: true }))

const line = (text: string) => `2026-01-01T00:00:01+00:00 stdout F ${text}\n`
let count = 0
function container(...lines: string[]): string {
  const folder = join(root, String(count++))
  mkdirSync(folder)
  if (lines.length > 0) writeFileSync(logPathOf(folder), lines.map(line).join(''))
  return folder
}
async function texts(folder: string, range: LogRange = {}): Promise<string> {
  let all = ''
  for await (const entries of readWhole(folder, range)) all += entries.map(({ text }) => text.toString()).join('')
  return all.replaceAll('\n', ' ').trim()
}

test('whoever runs already has what came before beside its log, also over several lives', async () => {
  const [one, two, three] = [container('a', 'b'), container('c'), container('d', 'e')]
  await inheritBeside(one, two)
  assert.equal(await texts(two), 'a b c')
  await inheritBeside(two, three)
  assert.equal(await texts(three), 'a b c d e')
  assert.equal(await texts(three, { tail: 1 }), 'e')
  assert.equal(await texts(three, { tail: 4 }), 'b c d e')
  assert.equal(await texts(three, { tail: 9 }), 'a b c d e')
})

test('files that a log was before go along, as many as a limit allows', async () => {
  const [one, two, three] = [container('new'), container(), container()]
  writeFileSync(`${logPathOf(one)}.1`, line('middle'))
  writeFileSync(`${logPathOf(one)}.2`, line('old'))
  await inheritBeside(one, two, 2 * line('middle').length)
  assert.equal(await texts(two), 'middle new')
  writeFileSync(logPathOf(two), line('newest'))
  writeFileSync(`${logPathOf(two)}.1`, line('newer'))
  assert.equal(await inheritLog(two, three), line('newest').length)
  assert.equal(await texts(three), 'middle new newer newest')
  assert.equal(await texts(three, { tail: 3 }), 'new newer newest')
})

test('whoever has not run yet begins with it, and has what lay beside it beside it', async () => {
  const [one, two, three] = [container('a'), container('b'), container()]
  await inheritBeside(one, two)
  assert.equal(await inheritLog(two, three), line('b').length)
  assert.equal(await texts(three), 'a b')
  assert.equal(await inheritLog(container(), container()), undefined)
  await inheritBeside(container(), three)
  assert.equal(await texts(three), 'a b')
})
