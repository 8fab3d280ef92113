// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are Compose files.
// What a service runs and sees: command, variables, labels, health, hooks, limits.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { projectOf, refusalOfService, serviceOf, serviceText } from '../../../../test/memory-project.ts'

test('a command is split, a list is kept, null and empty differ', async () => {
  assert.deepEqual((await serviceOf(`command: sh -c "echo 'a b'"`)).command, ['sh', '-c', "echo 'a b'"])
  assert.deepEqual((await serviceOf('command: ["a b", c]')).command, ['a b', 'c'])
  assert.deepEqual((await serviceOf('command: ""')).command, [])
  assert.equal((await serviceOf('command:')).command, null)
})

test('variables: maps, lists, numbers, and those of the caller', async () => {
  const map = await projectOf(serviceText('environment: {A: 1.50, B: true, C: , D: }'), { env: { C: 'mine' } })
  assert.deepEqual({ ...map.services.a?.environment }, { A: '1.5', B: 'true', C: 'mine', D: null })
  const list = await serviceOf('environment: ["A=b=c", "E=", "F"]')
  assert.deepEqual({ ...list.environment }, { A: 'b=c', E: '', F: null })
})

test('env files stand below the environment, and later ones above earlier ones', async () => {
  const { services } = await projectOf({
    'compose.yaml': serviceText(
      'env_file: [one.env, {path: two.env, required: false}, {path: no, required: false}]\nenvironment: {C: own}',
    ),
    'one.env': 'A=1\nB=1\nC=1\n',
    'two.env': 'B="2 ${A}"\n',
  })
  assert.deepEqual({ ...services.a?.environment }, { A: '1', B: '2 1', C: 'own' })
  assert.deepEqual(services.a?.envFile, [])
})

test('a missing env file is refused with what to do', async () => {
  assert.match(
    await refusalOfService('env_file: none.env'),
    /env file \/project\/none\.env not found[\s\S]*required: false/,
  )
})

test('label files stand below the labels', async () => {
  const { services } = await projectOf({
    'compose.yaml': serviceText('label_file: a.labels\nlabels: [x=own]'),
    'a.labels': 'x=file\ny=file\n',
  })
  assert.deepEqual({ ...services.a?.labels }, { x: 'own', y: 'file' })
})

test('durations are nanoseconds, and a text is a shell test', async () => {
  const { healthcheck, stopGracePeriod } = await serviceOf(
    'stop_grace_period: 1m30s\nhealthcheck: {test: curl x, interval: 1.5s, retries: 0, start_period: 0s}',
  )
  assert.equal(stopGracePeriod, 90e9)
  assert.deepEqual(
    { ...healthcheck, extensions: {} },
    {
      test: ['CMD-SHELL', 'curl x'],
      interval: 1.5e9,
      retries: 0,
      startPeriod: 0,
      extensions: {},
    },
  )
})

test('a duration without a unit is refused with the units', async () => {
  assert.match(await refusalOfService('healthcheck: {interval: "10"}'), /missing unit in duration "10"[\s\S]*1m30s/)
})

test('limits are bytes and cores, and must agree with deploy', async () => {
  const service = await serviceOf(
    'mem_limit: 1g\ncpus: 0.1\ndeploy: {resources: {limits: {memory: 1024m, cpus: "0.1"}}}',
  )
  assert.equal(service.memLimit, 2 ** 30)
  assert.deepEqual([service.cpus, service.deploy?.resources.limits?.cpus], [0.1, 0.1])
  assert.match(
    await refusalOfService('mem_limit: 1g\ndeploy: {resources: {limits: {memory: 2g}}}'),
    /distinct values on 'mem_limit'/,
  )
})

test('a hook before the start has the image of the service', async () => {
  const { preStart, postStart } = await serviceOf(
    'pre_start: [{command: migrate}]\npost_start: [{command: [warm, up], user: root}]',
  )
  assert.equal(preStart[0]?.image, 'shop/a')
  assert.deepEqual(postStart[0]?.command, ['warm', 'up'])
})

test('variables in a value become its type', async () => {
  const project = await projectOf(serviceText('tty: ${TTY}\nscale: ${N:-2}\nprivileged: "yes"'), {
    env: { TTY: 'true' },
  })
  const service = project.services.a
  assert.deepEqual([service?.tty, service?.scale, service?.privileged], [true, 2, true])
  assert.match(project.warnings.join(), /"yes" for boolean/)
})
