import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { splitWords } from './line.ts'

const table = {
  user: { type: 'option', char: 'u' },
  env: { type: 'option', char: 'e', aliases: ['environment'] },
  'no-tty': { type: 'boolean', char: 'T', aliases: ['no-TTY'] },
  detach: { type: 'boolean', char: 'd' },
  orphans: { type: 'boolean', allowNo: true },
}

const split = (line: string, stopAtArgument = true) => splitWords(line.split(' '), table, stopAtArgument)

test("everything after the service is the container's", () => {
  assert.deepEqual(split('-T -u root web psql -d x'), {
    flags: ['-T', '-u', 'root'],
    words: ['web', 'psql', '-d', 'x'],
  })
  assert.deepEqual(split('-Tu root web -d'), { flags: ['-Tu', 'root'], words: ['web', '-d'] })
  assert.deepEqual(split('-uroot --user=x web -- y'), { flags: ['-uroot', '--user=x'], words: ['web', '--', 'y'] })
  assert.deepEqual(split('-T -- web -d'), { flags: ['-T'], words: ['web', '-d'] })
  assert.deepEqual(split('--environment A=1 web env'), { flags: ['--environment', 'A=1'], words: ['web', 'env'] })
})

test('elsewhere flags stand anywhere before --', () => {
  assert.deepEqual(split('web -d db -u root -- --x', false), {
    flags: ['-d', '-u', 'root'],
    words: ['web', 'db', '--x'],
  })
})

test('switches take true and false', () => {
  assert.deepEqual(split('--detach=false --orphans=false --no-tty=true -- --detach=false'), {
    flags: ['--no-orphans', '--no-tty'],
    words: ['--detach=false'],
  })
  assert.deepEqual(split('--no-TTY=true web').flags, ['--no-TTY'])
  assert.deepEqual(split('-d=false -T=1 web').flags, ['--no-tty'])
})

test('a switch with a word that is no boolean is refused', () => {
  assert.throws(() => split('--detach=perhaps'), {
    message: 'invalid argument "perhaps" for "-d, --detach" flag: strconv.ParseBool: parsing "perhaps": invalid syntax',
  })
})

test('whatever stands behind the service arrives unchanged', () => {
  const word = fc.oneof(
    fc.constantFrom('-d', '-T', '-u', '--', '--help', '--index', '-f', 'web', 'a', '-w', '--dry-run', '-e', '-', ''),
    fc.string(),
  )
  fc.assert(
    fc.property(fc.subarray(['-T', '-d', '-uroot']), fc.array(word), (flags, behind) => {
      assert.deepEqual(splitWords([...flags, 'web', ...behind], table, true), { flags, words: ['web', ...behind] })
    }),
  )
})
