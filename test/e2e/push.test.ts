// push must take the images of services that are built to their registry, under all of their tags, and say what it left
// out and what failed, in the peer's words.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { runningEngine } from '../../src/cli/embedded.ts'
import { engineRoots } from '../../src/shared/roots.ts'
import { freePort } from '../ports.ts'
import { password, startPrivateRegistry, type TestRegistry } from '../registry-process.ts'
import { type Stack, stack } from './stack.ts'

let registry: TestRegistry
let nobody: string

before(async () => {
  nobody = `127.0.0.1:${await freePort()}`
  registry = await startPrivateRegistry()
})
after(() => registry[Symbol.asyncDispose]())

function environment(login: string | undefined): Record<string, string> {
  const auth = Buffer.from(login ?? '').toString('base64')
  const auths = login === undefined ? {} : { [registry.host]: { auth } }
  return {
    REGISTRY: registry.host,
    NOBODY: nobody,
    DOCKER_AUTH_CONFIG: JSON.stringify({ auths }),
    DOCKER_CONFIG: '/none',
  }
}

/** The images as a build would have left them. */
async function built(s: Stack, ...names: string[]): Promise<void> {
  const running = await runningEngine(engineRoots(s.env))
  assert.ok(running)
  for (const name of names) {
    const at = name.lastIndexOf(':')
    await running.docker.getImage('busybox').tag({ repo: name.slice(0, at), tag: name.slice(at + 1) })
  }
  running.docker.close()
}

async function tagsOf(repository: string): Promise<unknown> {
  const headers = { authorization: `Basic ${Buffer.from(`me:${password}`).toString('base64')}` }
  const answer = await fetch(`http://${registry.host}/v2/${repository}/tags/list`, { headers })
  return ((await answer.json()) as { tags?: unknown }).tags
}

/** The kinds of lines of progress, without layers. */
const told = (stderr: string) => stderr.split('\n').filter(line => !/^ [0-9a-f]{12} /.test(line) && line !== '')

test('push takes all tags of what is built there; with --include-deps what it needs, too', async t => {
  await using s = await stack(t, 'push', environment(`me:${password}`))
  await built(s, `${registry.host}/team/app:1`, `${registry.host}/team/app:newest`, `${registry.host}/team/base:latest`)
  const first = await s.cli('push', 'app')
  assert.deepEqual(told(first.stderr).sort(), [
    ` ${registry.host}/team/app:1 Pushed `,
    ` ${registry.host}/team/app:1 Pushing `,
    ` ${registry.host}/team/app:newest Pushed `,
    ` ${registry.host}/team/app:newest Pushing `,
  ])
  assert.equal(first.code, 0)
  assert.match(first.stderr, /^ [0-9a-f]{12} Pushed /m)
  assert.deepEqual(await tagsOf('team/app'), ['1', 'newest'])
  assert.equal(await tagsOf('team/base'), undefined)
  const second = await s.cli('push', '-q', '--include-deps', 'app')
  assert.doesNotMatch(second.stderr, /^ [0-9a-f]{12} /m)
  assert.deepEqual(await tagsOf('team/base'), ['latest'])
})

test('what is not built is skipped; what is not there, or nobody takes, fails, unless failures are ignored', async t => {
  await using s = await stack(t, 'push', environment(`me:${password}`))
  assert.deepEqual(told((await s.cli('push', 'unnamed', 'named')).stderr), [' unnamed Skipped ', ' named Skipped '])
  const missing = await s.cli('push', 'base')
  assert.deepEqual(told(missing.stderr), [
    ` ${registry.host}/team/base Pushing `,
    ` ${registry.host}/team/base tag does not exist: ${registry.host}/team/base:latest `,
    `tag does not exist: ${registry.host}/team/base:latest`,
  ])
  assert.equal(missing.code, 1)
  await built(s, `${nobody}/none:latest`)
  const lost = await s.cli('push', 'nowhere')
  assert.equal(lost.code, 1)
  assert.match(lost.stderr, /^failed to do request: Head "https:.*connection refused/m)
  const ignored = await s.cli('push', '--ignore-push-failures', 'nowhere')
  assert.equal(ignored.code, 0)
  assert.match(ignored.stderr, new RegExp(`^ ${nobody}/none failed to do request`, 'm'))
})

for (const [who, login] of [
  ['nobody', undefined],
  ['somebody else', 'me:wrong'],
] as const)
  test(`push as ${who} is refused and says so`, async t => {
    await using s = await stack(t, 'push', environment(login))
    await built(s, `${registry.host}/team/base:latest`)
    const { code, stderr } = await s.cli('push', 'base')
    assert.equal(code, 1)
    assert.match(stderr, /push access denied for 127\.0\.0\.1:\d+\/team\/base, .*docker login/)
    assert.doesNotMatch(stderr, /wrong/)
  })

test('--dry-run says what would be pushed', async t => {
  await using s = await stack(t, 'push', environment(undefined))
  assert.match(await s.ok('--dry-run', 'push', 'base'), /^0 push image .*team\/base \(push\)$/m)
})
