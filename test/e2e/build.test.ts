// Builds as a user runs them: what is built is what runs, once for all that want the same, and what fails says where.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { formatPlatform, hostPlatform } from '../../src/registry/platform.ts'
import { startRegistry } from '../registry-process.ts'
import { eventually, type Stack, stack } from './stack.ts'

const entry = new URL('../../bin/run.js', import.meta.url).pathname

const dockerfile = `FROM busybox AS base
COPY content /content
FROM base AS slow
RUN cat /proc/sys/kernel/random/uuid > /uuid
FROM base AS broken
RUN echo before; no-such-program
FROM base AS endless
RUN echo begun; sleep 1000
`

async function project(t: TestContext, own: NodeJS.ProcessEnv = {}) {
  const context = mkdtempSync(join(tmpdir(), 'tsc-build-'))
  t.after(() => rmSync(context, { recursive: true }))
  writeFileSync(join(context, 'Dockerfile'), dockerfile)
  writeFileSync(join(context, 'content'), 'one\n')
  return { context, s: await stack(t, 'build', { CONTEXT: context, ...own }) }
}

function begin(t: TestContext, { cwd, env }: Stack, service: string) {
  const child = execFile(process.execPath, [entry, 'build', service], { cwd, env })
  t.after(() => child.kill('SIGKILL'))
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', chunk => {
      said += chunk
    })
  return { child, said: () => said }
}

test('up builds what is missing, what it begins with first, and one image for those that want the same', async t => {
  const { context, s } = await project(t)
  await using _ = s
  const up = await s.cli('up', '-d', 'web', 'twin', 'other-twin')
  assert.equal(up.code, 0, up.stderr)
  // A step's name may stand several times, with its number.
  assert.equal(new Set(up.stdout.match(/^#\d+ \[.*\/uuid$/gm)).size, 1, up.stdout)
  assert.match(up.stderr, /^ Image \S+-twin Built $/m)
  assert.match(up.stderr, /^ Image \S+-other-twin Built $/m)
  await eventually(
    async () => (await s.cli('logs', '--no-log-prefix', 'web')).stdout === 'hello web\none\n',
    'its output',
  )
  writeFileSync(join(context, 'content'), 'two\n')
  assert.match((await s.cli('up', '-d', 'web')).stderr, / Container \S+-web-1 Running $/m)
  const built = await s.cli('up', '-d', '--build', 'web')
  assert.match(built.stderr, / Container \S+-web-1 Recreated $/m)
  await eventually(async () => /two/.test((await s.cli('logs', 'web')).stdout), 'the new content')
  const again = await s.cli('up', '-d', '--build', 'web')
  assert.match(again.stderr, / Container \S+-web-1 Running $/m)
  assert.match(again.stdout, /^#\d+ CACHED$/m)
  assert.doesNotMatch(again.stdout, /DONE/)
})

test('a step that fails names its line, shows what it wrote, and nothing is made', async t => {
  const { context, s } = await project(t)
  await using _ = s
  const up = await s.cli('up', '-d', 'broken')
  assert.equal(up.code, 1)
  assert.match(up.stderr, new RegExp(`^${context}/Dockerfile:6$`, 'm'))
  assert.match(up.stderr, /^ {3}6 \| >>> RUN echo before; no-such-program$/m)
  assert.match(up.stderr, /^before$/m)
  assert.match(up.stderr, /^failed to solve: process .* did not complete successfully: exit code: 127$/m)
  assert.match(up.stderr, /^ {2}a program was not found/m)
  assert.equal(await s.ok('ps', '-aq'), '')
  const json = await s.cli('--progress', 'json', 'build', 'broken')
  assert.equal(json.code, 1)
})

test('Ctrl-C ends a build with all that it runs', async t => {
  const { s } = await project(t)
  await using _ = s
  const { child, said } = begin(t, s, 'slow')
  await eventually(async () => /^#\d+ [\d.]+ begun$/m.test(said()), 'the step')
  child.kill('SIGINT')
  const [code] = await once(child, 'exit')
  assert.equal(code, 130)
  await eventually(async () => readdirSync(join(s.root, 'containers')).length === 0, 'the end of the step')
})

test('a build in whose middle the engine is killed is begun again, and done', async t => {
  const { s } = await project(t)
  await using _ = s
  const { child, said } = begin(t, s, 'second-try')
  await eventually(async () => /^#\d+ [\d.]+ first$/m.test(said()), 'the step')
  process.kill(s.enginePid(), 'SIGKILL')
  const [code] = await once(child, 'exit')
  assert.equal(code, 0, said())
  assert.match(said(), /the engine ended meanwhile .*: starting it again and going on/)
  assert.match(said(), /^#\d+ [\d.]+ second$/m)
  assert.match(said(), / Image \S+-second-try Built $/m)
})

test('build --push takes what was built to its registry, and up with pull_policy always runs what is newer there', async t => {
  await using registry = await startRegistry()
  const { context, s } = await project(t, { REGISTRY: registry.host })
  await using _ = s
  const push = async (text: string) => {
    writeFileSync(join(context, 'content'), text)
    const built = await s.cli('build', '--push', 'base')
    assert.equal(built.code, 0, built.stderr)
    assert.match(built.stderr, /team\/base:newest Pushed $/m)
  }
  await push('one\n')
  // The same under the name of what is pulled.
  mkdirSync(join(context, 'pulled'))
  const compose = (text: string) =>
    writeFileSync(join(context, 'pulled/Dockerfile'), `FROM busybox\nRUN echo ${text} > /x\n`)
  const publish = async (text: string) => {
    compose(text)
    writeFileSync(
      join(context, 'pulled/compose.yaml'),
      `services: {pulled: {image: ${registry.host}/team/pulled, build: .}}\n`,
    )
    await s.ok('-f', join(context, 'pulled/compose.yaml'), 'build', '-q', '--push')
  }
  await publish('one')
  await s.ok('up', '-d', 'pulled')
  assert.equal(await s.ok('exec', '-T', 'pulled', 'cat', '/x'), 'one\n')
  await publish('two')
  const up = await s.cli('up', '-d', 'pulled')
  assert.match(up.stderr, / Container \S+-pulled-1 Recreated $/m)
  assert.equal(await s.ok('exec', '-T', 'pulled', 'cat', '/x'), 'two\n')
})

test('with pull an image that was just built is asked of no registry', async t => {
  const { s } = await project(t)
  await using _ = s
  const built = await s.cli('build', 'on-built')
  assert.equal(built.code, 0, built.stderr)
})

test('of several platforms the own one is built and the others are named; pushed it would be another image', async t => {
  const { s } = await project(t)
  await using _ = s
  const native = formatPlatform(hostPlatform())
  const others = ['linux/s390x', 'linux/amd64', 'linux/arm64'].filter(one => one !== native)
  const built = await s.cli('build', 'many')
  assert.equal(built.code, 0, built.stderr)
  assert.match(
    built.stderr,
    new RegExp(`services.many.build.platforms: .* one platform, here ${native}, and none for ${others.join(', ')}`),
  )
  const [image] = JSON.parse(await s.ok('image', 'inspect', 'registry.invalid/team/many'))
  assert.equal(`${image.Os}/${image.Architecture}`, native)
  s.env.DOCKER_DEFAULT_PLATFORM = 'linux/s390x'
  assert.match((await s.cli('build', 'many')).stderr, /one platform, here linux\/s390x/)
  delete s.env.DOCKER_DEFAULT_PLATFORM
  assert.deepEqual(JSON.parse(await s.ok('build', '--print', 'many')).target.many.output, ['type=image,push=false'])
  const pushed = await s.cli('build', '--push', 'many')
  assert.equal(pushed.code, 1)
  assert.match(pushed.stderr, /an image of several platforms is not pushed by this engine/)
  assert.doesNotMatch(pushed.stderr, /Building/)
})

test('variables of BuildKit: its progress hides what builds write, and those that mean nothing here are told', async t => {
  const { s } = await project(t, { BUILDKIT_PROGRESS: 'quiet', DOCKER_BUILDKIT: '0', BUILDX_BUILDER: 'far' })
  await using _ = s
  const built = await s.cli('build', 'twin', 'web')
  assert.equal(built.code, 0, built.stderr)
  assert.equal(built.stdout, '')
  assert.match(built.stderr, / Image \S+-twin Built $/m)
  assert.equal(built.stderr.match(/DOCKER_BUILDKIT=0 has no effect/g)?.length, 1)
  assert.match(built.stderr, /BUILDX_BUILDER has no effect/)
})

test('an argument that nothing declares is warned about, however the build is shown', async t => {
  const { s } = await project(t)
  await using _ = s
  for (const flags of [
    ['--progress', 'plain'],
    ['--progress', 'json'],
    ['--progress', 'tty'],
  ]) {
    const { code, stderr } = await s.cli(...flags, 'build', '--build-arg', 'VERISON=1', 'web')
    assert.equal(code, 0, stderr)
    assert.match(stderr, /One or more build-args \[VERISON\] were not consumed/, flags.join(' '))
  }
})

test('attestations are not made, and that is told', async t => {
  const { s } = await project(t)
  await using _ = s
  const built = await s.cli('build', '-q', '--provenance', 'mode=max', '--sbom', 'true', 'twin')
  assert.equal(built.code, 0, built.stderr)
  assert.match(built.stderr, /build.provenance: no attestation is made by this engine/)
  assert.match(built.stderr, /build.sbom: no attestation is made by this engine/)
  const without = await s.cli('build', '-q', '--provenance', 'false', 'twin')
  assert.doesNotMatch(without.stderr, /attestation/)
})
