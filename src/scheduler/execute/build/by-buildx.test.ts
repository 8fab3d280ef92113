import assert from 'node:assert/strict'
import { test } from 'node:test'
import { projectOf } from '../../../../test/memory-project.ts'
import { buildDraft, noBuildFlags } from '../../border/build-draft.ts'
import { bakeCall } from './by-buildx.ts'

async function draftOf(text: string, env: Record<string, string> = {}) {
  const project = await projectOf(text, { env })
  const service = project.services.a
  assert.ok(service)
  return buildDraft(project, service, noBuildFlags, [])
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
  const { args, input = '', env } = bakeCall(draft)
  assert.deepEqual(args, ['buildx', 'bake', '--file', '-', '--progress', 'plain'])
  assert.deepEqual(env, { BUILDX_BAKE_ENTITLEMENTS_FS: '0', V: 'value' })
  const { group, target } = JSON.parse(input)
  assert.deepEqual(group, { default: { targets: ['a'] } })
  assert.deepEqual(target.a.contexts, { below: 'target:b_c' })
  assert.deepEqual(target.a.args, { A: '$${x}' })
  assert.deepEqual(target.b_c.secret, ['id=s,type=env,env=V'])
  assert.equal(target.b_c['no-cache'], undefined)
})
