import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { projectOf } from '../../../../test/memory-project.ts'
import { type BuildFlags, buildDraft, noBuildFlags } from '../../border/build-draft.ts'
import { buildxCall, checkCall } from './buildx-calls.ts'

async function draftOf(text: string, env: Record<string, string> = {}, flags: Partial<BuildFlags> = {}) {
  const project = await projectOf(text, { env })
  const service = project.services.a
  assert.ok(service)
  return buildDraft(project, service, { ...noBuildFlags, ...flags }, [])
}

test('bake is given what a build begins with as a target, out of its cache, and templates as texts', async () => {
  const draft = await draftOf(
    `
services:
  a: {build: {context: ., pull: true, additional_contexts: {below: "service:b.c"}, args: {A: "$\${x}"}}}
  b.c: {build: {context: ./b, no_cache: true, secrets: [s]}}
secrets: {s: {environment: V}}`,
    { V: 'value' },
  )
  const { args, input = '', env } = buildxCall(draft, '/tmp')
  assert.deepEqual(args, ['buildx', 'bake', '--file', '-', '--progress', 'plain'])
  assert.deepEqual(env, { BUILDX_BAKE_ENTITLEMENTS_FS: '0', V: 'value' })
  const { group, target } = JSON.parse(input)
  assert.deepEqual(group, { default: { targets: ['a'] } })
  assert.deepEqual(target.a.contexts, { below: 'target:b_c' })
  assert.deepEqual(target.a.args, { A: '$${x}' })
  assert.deepEqual(target.b_c.secret, ['id=s,type=env,env=V'])
  assert.equal(target.b_c['no-cache'], undefined)
})

test('several platforms are all asked for by build, pushed by who has built them, and none is loaded', async () => {
  const text = 'services: {a: {image: shop/a, build: {context: ., platforms: [linux/amd64, linux/arm64]}}}'
  const all = { everyPlatform: true, push: true, builder: 'far' }
  const { args } = buildxCall(await draftOf(text, {}, all), '/tmp')
  const after = (flag: string) => args[args.indexOf(flag) + 1]
  assert.equal(after('--platform'), 'linux/amd64,linux/arm64')
  assert.equal(after('--output'), 'type=image,push=true')
  assert.equal(after('--builder'), 'far')
  assert.ok(!args.includes('--load'))
  const toRun = await draftOf(text)
  assert.deepEqual(toRun.platforms, [])
  assert.ok(buildxCall(toRun, '/tmp').args.includes('--load'))
})

test('a check calls for lint, and makes nothing', async () => {
  const draft = await draftOf('services: {a: {build: .}}')
  const { args, input = '' } = checkCall([draft])
  assert.ok(args.includes('--check'))
  const { target } = JSON.parse(input)
  assert.equal(target.a.call, 'lint')
  assert.equal(target.a.output, undefined)
})

test('all that a build asks for is among the words, and a secret in a file that only we read', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'buildx-calls-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const draft = await draftOf(
    `
services:
  a:
    image: shop/a
    build:
      context: ./in
      dockerfile: ../Own
      target: last
      args: {ONE: "1", NONE: }
      additional_contexts: {side: ./side}
      labels: {own: label}
      tags: [shop/a:2]
      no_cache: true
      no_cache_filter: [first]
      pull: true
      network: host
      extra_hosts: ["far:1.2.3.4", "far:5.6.7.8"]
      shm_size: 64k
      ulimits: {nofile: {soft: 1, hard: 2}}
      entitlements: [network.host]
      privileged: true
      secrets: [s]
      ssh: [default, own=/agent]
      cache_from: [shop/cache]
      cache_to: [type=inline]
      provenance: mode=max
      sbom: false
      platforms: [linux/arm64]
secrets: {s: {environment: V}}`,
    { V: 'value' },
  )
  const { args, input } = buildxCall(draft, folder)
  assert.equal(input, undefined)
  const all = (flag: string) => args.flatMap((word, at) => (word === flag ? [args[at + 1]] : []))
  const labels = ['com.docker.compose.project=project', 'com.docker.compose.service=a', 'own=label']
  for (const label of labels) assert.ok(all('--label').includes(label), label)
  for (const [flag, values] of [
    ['--tag', ['shop/a', 'shop/a:2']],
    ['--file', ['/project/Own']],
    ['--target', ['last']],
    ['--build-arg', ['ONE=1']],
    ['--build-context', ['side=/project/side']],
    ['--no-cache-filter', ['first']],
    ['--network', ['host']],
    ['--add-host', ['far:1.2.3.4', 'far:5.6.7.8']],
    ['--shm-size', ['65536']],
    ['--ulimit', ['nofile=1:2']],
    ['--allow', ['network.host', 'security.insecure']],
    ['--secret', [`id=s,src=${folder}/secret-0`]],
    ['--ssh', ['default', 'own=/agent']],
    ['--cache-from', ['shop/cache']],
    ['--cache-to', ['type=inline']],
    ['--provenance', ['mode=max']],
    ['--sbom', ['false']],
    ['--platform', ['linux/arm64']],
  ] as const)
    assert.deepEqual(all(flag), values, flag)
  for (const flag of ['--load', '--no-cache', '--pull']) assert.ok(args.includes(flag), flag)
  assert.equal(args.at(-1), '/project/in')
  assert.equal(readFileSync(join(folder, 'secret-0'), 'utf8'), 'value')
  assert.equal(statSync(join(folder, 'secret-0')).mode & 0o777, 0o600)
})
