import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkGlobals, splitLine } from './globals.ts'

test("flags before the command are ours, those after it are the command's", () => {
  assert.deepEqual(
    splitLine(['-f', 'a.yaml', '--file=b.yaml', '-fc.yaml', '-p', 'x', 'exec', 'web', 'psql', '-d', 'x']),
    {
      globals: {
        files: ['a.yaml', 'b.yaml', 'c.yaml'],
        envFiles: [],
        profiles: [],
        insecureRegistries: [],
        projectName: 'x',
      },
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

test('what no command can make sense of is refused', () => {
  const check = (words: string[], env = {}) => checkGlobals(splitLine(words).globals, env)
  check(['--parallel', '3', '--progress', 'plain'], { COMPOSE_PARALLEL_LIMIT: 'many' })
  check([], { COMPOSE_PARALLEL_LIMIT: '' })
  assert.throws(() => check(['--progress', 'sometimes']), { message: 'unsupported --progress value "sometimes"' })
  assert.throws(() => check(['--parallel=x']), {
    message: 'invalid argument "x" for "--parallel" flag: strconv.ParseInt: parsing "x": invalid syntax',
  })
  assert.throws(() => check([], { COMPOSE_PARALLEL_LIMIT: 'many' }), {
    message: 'COMPOSE_PARALLEL_LIMIT must be an integer (found: "many")',
  })
})

test('registries that may be asked over HTTP', () => {
  const { globals } = splitLine(['--insecure-registry', 'a:1', '--insecure-registry=b:2', 'config'])
  assert.deepEqual(globals.insecureRegistries, ['a:1', 'b:2'])
})
