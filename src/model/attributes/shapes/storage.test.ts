// What is mounted into a service: volumes, tmpfs, configs, secrets, devices.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { projectOf, refusalOfService, serviceOf, serviceText } from '../../../../test/memory-project.ts'

const none = Object.create(null)

test('a source that looks like a path is a bind mount, resolved against the project', async () => {
  const { volumes } = await serviceOf('volumes: ["./data:/data:ro,z", "~/x:/x"]')
  assert.deepEqual(volumes, [
    {
      type: 'bind',
      source: '/project/data',
      target: '/data',
      readOnly: true,
      bind: { selinux: 'z', createHostPath: true, extensions: none },
      extensions: none,
    },
    {
      type: 'bind',
      source: '/home/me/x',
      target: '/x',
      bind: { createHostPath: true, extensions: none },
      extensions: none,
    },
  ])
})

test('any other source names a volume; none is an anonymous one', async () => {
  const { volumes } = await serviceOf('volumes: ["data:/data/", /cache]', 'volumes: {data: }\n')
  assert.deepEqual(
    volumes.map(({ type, source, target }) => ({ type, source, target })),
    [
      { type: 'volume', source: 'data', target: '/data' },
      { type: 'volume', source: undefined, target: '/cache' },
    ],
  )
})

test('a mount of the override takes the place of the one at the same target', async () => {
  const { services } = await projectOf({
    'compose.yaml': serviceText('volumes: ["./a:/x", "./b:/y"]'),
    'compose.override.yaml': 'services: {a: {volumes: ["./c:/x"]}}',
  })
  assert.deepEqual(
    services.a?.volumes.map(({ source }) => source),
    ['/project/c', '/project/b'],
  )
})

test('sizes and modes are numbers', async () => {
  const { volumes, shmSize } = await serviceOf(
    'shm_size: 1.5g\nvolumes: [{type: tmpfs, target: /t, tmpfs: {size: 64m, mode: 0o1777}}]',
  )
  assert.equal(shmSize, 1.5 * 2 ** 30)
  assert.deepEqual(volumes[0]?.tmpfs, { size: 64 * 2 ** 20, mode: 0o1777, extensions: none })
})

test('secrets have a target, configs keep what was written', async () => {
  const rest = 'secrets: {key: {file: ./key}}\nconfigs: {site: {content: hello}}\n'
  const { secrets, configs } = await serviceOf('secrets: [key]\nconfigs: [{source: site, mode: "0440"}]', rest)
  assert.deepEqual(secrets, [{ source: 'key', target: '/run/secrets/key', extensions: none }])
  assert.deepEqual(configs, [{ source: 'site', mode: 0o440, extensions: none }])
})

test('the value of a secret is in the project, and never printed', async () => {
  const text = serviceText('secrets: [key]', 'secrets: {key: {environment: KEY}}\n')
  const project = await projectOf(text, { env: { KEY: 'hush' } })
  assert.equal(project.secrets.key?.content, 'hush')
  const { projectJson, projectYaml } = await import('../../config/project.ts')
  assert.doesNotMatch(projectYaml(project) + projectJson(project), /hush/)
})

test('two mounts at one target are refused', async () => {
  assert.match(
    await refusalOfService('tmpfs: /x\nvolumes: ["./a:/x"]'),
    /target \/x already mounted as services\.a\.tmpfs\[0\]/,
  )
})

test('a volume that nobody declared is refused', async () => {
  assert.match(await refusalOfService('volumes: ["data:/data"]'), /refers to undefined volume data/)
})
