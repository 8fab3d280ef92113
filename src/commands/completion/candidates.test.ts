import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CommandEntry, Manifest } from '../../cli/manifest.ts'
import { complete } from './candidates.ts'

const command = (id: string, usage: string, flags: CommandEntry['flags'] = {}): CommandEntry => ({
  id,
  group: 'Stacks',
  usage,
  description: `does ${id}`,
  examples: [],
  flags,
})
const option = { type: 'option', helpValue: 'string' } as const
const manifest: Manifest = {
  commands: Object.fromEntries(
    [
      command('up', '[OPTIONS] [SERVICE...]', {
        detach: { type: 'boolean', char: 'd' },
        pull: option,
        wait: { type: 'boolean' },
        'wait-timeout': { ...option, char: 'w' },
      }),
      command('exec', '[OPTIONS] SERVICE COMMAND [ARGS...]', { user: { ...option, char: 'u' } }),
      command('cp', '[OPTIONS] SERVICE:SRC_PATH DEST_PATH|-'),
      command('scale', '[SERVICE=REPLICAS...]'),
      command('bridge', 'COMMAND'),
      command('bridge convert', '[OPTIONS]', { output: option }),
      command('image', 'COMMAND'),
      command('image push', '[OPTIONS] NAME[:TAG]'),
      command('image tag', 'SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]'),
      command('bridge list', 'COMMAND'),
      command('bridge list all', '', { quiet: { type: 'boolean' } }),
    ].map(entry => [entry.id, entry]),
  ),
}
const asked: string[][] = []
const of = async (line: string) => {
  const told = await complete(line.split(' '), manifest, {
    services: async ({ files }) => {
      asked.push(files)
      return ['db', 'web']
    },
    profiles: async () => ['debug'],
    projects: async () => ['shop'],
    images: async () => ['busybox:latest', 'shop/web:1'],
  })
  const marks = `${told.files ? ' files' : ''}${told.open ? ' open' : ''}`
  return told.candidates.map(({ value }) => value).join(' ') + marks
}

for (const [line, expected] of [
  ['', 'up exec cp scale bridge image'],
  ['image ', 'push tag'],
  ['image push ', 'busybox:latest shop/web:1'],
  ['image tag busybox:latest ', 'shop/web:1'],
  ['bridge ', 'convert list'],
  ['bridge list ', 'all'],
  ['bridge list all --', '--quiet'],
  ['bridge convert --o', '--output'],
  ['u', 'up'],
  ['--pro', '--profile --progress --project-directory --project-name'],
  ['--progress ', 'auto tty plain json quiet'],
  ['--progress=p', '--progress=plain'],
  ['--profile ', 'debug'],
  ['-p ', 'shop'],
  ['-f ', ' files'],
  ['help e', 'exec'],
  ['up ', 'db web'],
  ['up db ', 'web'],
  ['up --wa', '--wait --wait-timeout'],
  ['up --wait-timeout ', ' files'],
  ['up -dw 3 w', 'web'],
  ['up --pull m', 'missing'],
  ['up --pull=', '--pull=always --pull=missing --pull=never --pull=policy'],
  ['exec ', 'db web'],
  ['exec -u me d', 'db'],
  ['exec db ', ' files'],
  ['cp ', 'db: web: files open'],
  ['scale w', 'web= open'],
  ['nosuch ', ''],
] as const)
  test(`at the end of "${line}" may stand "${expected}"`, async () => assert.equal(await of(line), expected))

test('the flags before the command say which project is asked', async () => {
  await of('-f other.yaml --profile debug up ')
  assert.deepEqual(asked.at(-1), ['other.yaml'])
})
