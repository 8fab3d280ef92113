import assert from 'node:assert/strict'
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
