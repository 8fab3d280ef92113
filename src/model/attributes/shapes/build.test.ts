// `build`, `deploy`, `gpus`, `develop`.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { projectOf, refusalOfService, serviceOf, serviceText } from '../../../../test/memory-project.ts'

test('a context alone is a build', async () => {
  const { build } = await serviceOf('build: ./app')
  assert.equal(build?.context, '/project/app')
  assert.equal(build?.dockerfile, 'Dockerfile')
})

test('URLs and references stay as they are', async () => {
  const { build } = await serviceOf(`build:
  context: https://example.com/app.git
  additional_contexts: [base=docker-image://alpine, src=../src]`)
  assert.equal(build?.context, 'https://example.com/app.git')
  assert.deepEqual({ ...build?.additionalContexts }, { base: 'docker-image://alpine', src: '/src' })
})

test('an override adds to the build of the base', async () => {
  const { services } = await projectOf({
    'compose.yaml': serviceText('build: ./app'),
    'compose.override.yaml': 'services: {a: {build: {args: [A=1, B], target: dev}}}',
  })
  assert.equal(services.a?.build?.context, '/project/app')
  assert.equal(services.a?.build?.target, 'dev')
  assert.deepEqual({ ...services.a?.build?.args }, { A: '1' })
})

test('a Dockerfile twice is refused', async () => {
  assert.match(await refusalOfService('build: {dockerfile: x, dockerfile_inline: FROM y}'), /mutualy exclusive/)
})

test('device requests without a number are for all', async () => {
  const { gpus } = await serviceOf('gpus: [{driver: nvidia, capabilities: [gpu]}]')
  assert.equal(gpus[0]?.count, -1)
  assert.equal((await serviceOf('gpus: all')).gpus[0]?.count, -1)
  assert.match(await refusalOfService('gpus: [{count: 1, device_ids: ["0"]}]'), /exclusive/)
})

test('deploy has policies in nanoseconds and resources always', async () => {
  const { deploy } = await serviceOf('deploy: {replicas: 2, restart_policy: {condition: any, delay: 5s}}')
  assert.equal(deploy?.replicas, 2)
  assert.equal(deploy?.restartPolicy?.delay, 5e9)
  assert.equal(deploy?.resources.limits, undefined)
})

test('a watch needs a target for what it copies', async () => {
  const { develop } = await serviceOf('develop: {watch: [{path: ./src, action: sync, target: /src, ignore: x}]}')
  assert.equal(develop?.watch[0]?.path, '/project/src')
  assert.deepEqual(develop?.watch[0]?.ignore, ['x'])
  assert.match(await refusalOfService('develop: {watch: [{path: ./src, action: sync}]}'), /target is required/)
})

test('a word that is nearly one of the allowed ones is suggested', async () => {
  assert.match(await refusalOfService('develop: {watch: [{path: ., action: rebuid}]}'), /Did you mean rebuild\?/)
})
