// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are Compose files.
// What is accepted without effect is said.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { projectOf, serviceText } from '../../../test/memory-project.ts'
import { ignoredAttributes } from '../checks/ignored.ts'

const warningsOf = async (attributes: string) => (await projectOf(serviceText(attributes))).warnings

test('a command that is cut', async () => {
  assert.deepEqual(await warningsOf('command: make && make install'), [
    'services[a].command: "&& make install" is left out; for a shell write a list with sh -c (/project/compose.yaml:4:5)',
  ])
  assert.deepEqual(await warningsOf(`command: sh -c 'make && make install'`), [])
})

test('attributes that Compose drops', async () => {
  assert.match((await warningsOf('pull_refresh_after: 5m')).join(), /services\.a\.pull_refresh_after has no effect/)
  assert.match(
    (await warningsOf('gpus: [{colour: red}]')).join(),
    /gpus\.\[\]\.colour has no effect.* \(\/project\/compose\.yaml:4:13\)/,
  )
})

test('attributes that one host cannot honour, with the services that have them', async () => {
  const project = await projectOf(
    'services:\n  a: {image: i, deploy: {mode: global, placement: {constraints: [x]}}}\n  b: {image: i, deploy: {mode: global}}\n',
  )
  assert.deepEqual(ignoredAttributes(project), [
    'deploy.mode of a, b has no effect: it is for a swarm of hosts (/project/compose.yaml:2:26)',
    'deploy.placement of a has no effect: it is for a swarm of hosts (/project/compose.yaml:2:40)',
  ])
  assert.deepEqual(ignoredAttributes(await projectOf(serviceText('deploy: {replicas: 2}'))), [])
})

test('a variable that is not set, once and where it was used first', async () => {
  const files = {
    'compose.yaml':
      'name: a${N}\nservices:\n  a:\n    image: i:${X}\n    environment:\n      - A=${X}\n      - B=${Y}\n',
    'compose.override.yaml': 'services: {a: {user: "${X}", env_file: e}}\n',
    e: 'C=1\nD="${Z}\n"\n',
  }
  assert.deepEqual((await projectOf(files)).warnings, [
    'The "N" variable is not set. Defaulting to a blank string. (/project/compose.yaml:1:1)',
    'The "X" variable is not set. Defaulting to a blank string. (/project/compose.yaml:4:5)',
    'The "Y" variable is not set. Defaulting to a blank string. (/project/compose.yaml:7:9)',
    'The "Z" variable is not set. Defaulting to a blank string. (/project/e:2)',
  ])
})

test('attributes that nothing honours', async () => {
  const file = `services:
  a:
    image: i
    credential_spec: {file: f}
    deploy: {endpoint_mode: vip, labels: {x: "1"}}
`
  assert.deepEqual(ignoredAttributes(await projectOf(file)), [
    'deploy.endpoint_mode of a has no effect: it is for a swarm of hosts (/project/compose.yaml:5:14)',
    'deploy.labels of a has no effect: it is for a swarm of hosts (/project/compose.yaml:5:34)',
    'credential_spec of a has no effect: it is for Windows containers (/project/compose.yaml:4:5)',
  ])
})
