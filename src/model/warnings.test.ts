// What is accepted without effect is said.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ignoredAttributes } from './ignored.ts'
import { projectOf, serviceText } from './memory-project.ts'

const warningsOf = async (attributes: string) => (await projectOf(serviceText(attributes))).warnings

test('a command that is cut', async () => {
  assert.deepEqual(await warningsOf('command: make && make install'), [
    'services[a].command: "&& make install" is left out; for a shell write a list with sh -c',
  ])
  assert.deepEqual(await warningsOf(`command: sh -c 'make && make install'`), [])
})

test('attributes that Compose drops', async () => {
  assert.match((await warningsOf('pull_refresh_after: 5m')).join(), /services\.a\.pull_refresh_after has no effect/)
  assert.match((await warningsOf('gpus: [{colour: red}]')).join(), /gpus\.\[\]\.colour has no effect/)
})

test('attributes that one host cannot honour, with the services that have them', async () => {
  const project = await projectOf(
    'services:\n  a: {image: i, deploy: {mode: global, placement: {constraints: [x]}}}\n  b: {image: i, deploy: {mode: global}}\n',
  )
  assert.deepEqual(ignoredAttributes(project), [
    'deploy.mode of a, b has no effect: it is for a swarm of hosts',
    'deploy.placement of a has no effect: it is for a swarm of hosts',
  ])
  assert.deepEqual(ignoredAttributes(await projectOf(serviceText('deploy: {replicas: 2}'))), [])
})
