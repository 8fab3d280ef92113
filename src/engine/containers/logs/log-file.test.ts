import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { moment } from '../../../shared/moment.ts'
import { type LogRange, readLog } from './log-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'log-'))
after(() => rmSync(folder, { recursive: true }))
const path = join(folder, 'log')
const line = (second: number, text: string, kind = 'F', stream = 'stdout') =>
  `2026-01-01T00:00:${String(second).padStart(2, '0')}.5+00:00 ${stream} ${kind} ${text}\n`

async function texts(range: LogRange = {}): Promise<string> {
  let all = ''
  for await (const entries of readLog(path, range)) all += entries.map(({ text }) => text.toString()).join('')
  return all
}

test('pieces are joined, and a last piece has no line end', async () => {
  writeFileSync(path, line(1, 'one ', 'P') + line(1, 'line') + line(2, 'the rest', 'P'))
  assert.equal(await texts(), 'one line\nthe rest')
})

test('the tail counts lines, not pieces, also over many blocks', async () => {
  const many = Array.from({ length: 30_000 }, (_, index) => line(index % 60, `line ${index}`))
  writeFileSync(path, many.join('') + line(59, 'a piece ', 'P') + line(59, 'and its end') + line(59, 'unended', 'P'))
  assert.equal(await texts({ tail: 1 }), 'unended')
  assert.equal(await texts({ tail: 3 }), 'line 29999\na piece and its end\nunended')
  assert.equal((await texts({ tail: 20_000 })).split('\n').length, 20_000)
  assert.equal((await texts({ tail: 100_000 })).split('\n').length, 30_002)
  assert.equal(await texts({ tail: 0 }), '')
})

test('since and until include their own moment', async () => {
  writeFileSync(path, [1, 2, 3].map(second => line(second, `at ${second}`)).join(''))
  assert.equal(await texts({ since: moment('2026-01-01T00:00:02.5Z') }), 'at 2\nat 3\n')
  assert.equal(await texts({ until: moment('2026-01-01T00:00:02.5Z') }), 'at 1\nat 2\n')
})

test('following ends after the signal, with everything that was written before it', async () => {
  writeFileSync(path, line(1, 'first'))
  const end = new AbortController()
  let all = ''
  const reading = (async () => {
    for await (const entries of readLog(path, {}, end.signal)) {
      all += entries.map(({ text }) => text.toString()).join('')
      if (all === 'first\n') {
        appendFileSync(path, line(2, 'second'))
        end.abort()
      }
    }
  })()
  await reading
  assert.equal(all, 'first\nsecond\n')
})

test('a log that was never written is empty', async () => {
  assert.equal((await Array.fromAsync(readLog(join(folder, 'none'), {}))).length, 0)
})
