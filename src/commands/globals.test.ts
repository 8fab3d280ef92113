import assert from 'node:assert/strict'
import { test } from 'node:test'
import { splitLine } from './globals.ts'

test("flags before the command are ours, those after it are the command's", () => {
  assert.deepEqual(
    splitLine(['-f', 'a.yaml', '--file=b.yaml', '-fc.yaml', '-p', 'x', 'exec', 'web', 'psql', '-d', 'x']),
    {
      globals: { files: ['a.yaml', 'b.yaml', 'c.yaml'], envFiles: [], profiles: [], projectName: 'x' },
      command: 'exec',
      rest: ['web', 'psql', '-d', 'x'],
    },
  )
  assert.deepEqual(splitLine(['-f', '-', 'up']).globals.files, ['-'])
  assert.equal(splitLine(['--dry-run=false', 'up']).globals.dryRun, false)
})

test('no command, help and version', () => {
  assert.equal(splitLine([]).command, undefined)
  assert.equal(splitLine(['--version']).asked, 'version')
  assert.equal(splitLine(['-p', 'x', '-h']).asked, 'help')
})

test("wrong flags have the peer's words", () => {
  assert.throws(() => splitLine(['--nosuch', 'up']), { message: 'unknown flag: --nosuch' })
  assert.throws(() => splitLine(['-x']), { message: "unknown shorthand flag: 'x' in -x" })
  assert.throws(() => splitLine(['--file']), { message: 'flag needs an argument: --file' })
  assert.throws(() => splitLine(['-f']), { message: "flag needs an argument: 'f' in -f" })
})
