// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are Compose files.
// Several files: overrides, include, extends, reset tags, discovery, names, profiles.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configOf, inMemory, projectOf, refusalOf } from '../../../test/memory-project.ts'
import { ComposeError } from '../../shared/errors.ts'
import { selectServices } from '../project/select.ts'
import { withChanges } from '../project/service.ts'
import { loadProject } from './load.ts'

test('the search goes upwards, and takes the override along', async () => {
  const files = {
    '/project/compose.yaml': 'services: {a: {image: one}}',
    '/project/compose.override.yaml': 'services: {a: {image: two}}',
    '/project/deep/er/x': '',
  }
  const project = await projectOf(files, { cwd: '/project/deep/er' })
  assert.equal(project.services.a?.image, 'two')
  assert.deepEqual(project.composeFiles, ['/project/compose.yaml', '/project/compose.override.yaml'])
  assert.equal(project.workingDir, '/project')
})

test('COMPOSE_FILE, COMPOSE_PATH_SEPARATOR and COMPOSE_PROJECT_NAME', async () => {
  const files = { 'a.yaml': 'services: {a: {image: a}}', 'b.yaml': 'services: {b: {image: b}}' }
  const env = { COMPOSE_FILE: 'a.yaml,b.yaml', COMPOSE_PATH_SEPARATOR: ',', COMPOSE_PROJECT_NAME: 'shop' }
  const project = await projectOf(files, { env })
  assert.deepEqual(Object.keys(project.services), ['a', 'b'])
  assert.equal(project.name, 'shop')
})

test('the name: flag, variable, file, folder', async () => {
  const named = { 'compose.yaml': 'name: Corner Shop\nservices: {a: {image: a}}' }
  assert.equal((await projectOf(named)).name, 'cornershop')
  assert.equal((await projectOf(named, { env: { COMPOSE_PROJECT_NAME: 'v' } })).name, 'v')
  assert.equal((await projectOf(named, { projectName: 'f', env: { COMPOSE_PROJECT_NAME: 'v' } })).name, 'f')
  assert.equal((await projectOf('services: {a: {image: a}}')).name, 'project')
  assert.match(await refusalOf(named, { projectName: 'No Way' }), /invalid project name "No Way"/)
})

test('nothing to load is an error with a hint', async () => {
  await assert.rejects(projectOf({ x: '' }), (error: unknown) => {
    assert.ok(error instanceof ComposeError)
    assert.equal(error.code, 'not_found')
    assert.match(error.message, /no configuration file provided: not found/)
    return true
  })
})

test('.env of the project, its own variables first', async () => {
  const files = { 'compose.yaml': 'services: {a: {image: "i:${TAG}-${OTHER}"}}', '.env': 'TAG=file\nOTHER=file' }
  const project = await projectOf(files, { env: { TAG: 'own' } })
  assert.equal(project.services.a?.image, 'i:own-file')
  assert.deepEqual(project.envFiles, [], 'it is not named by anybody')
})

test('an included file has its own folder and variables, and loses against the including one', async () => {
  const project = await projectOf({
    'compose.yaml': 'include: [sub/compose.yaml]\nservices: {b: {image: outer}}',
    'sub/compose.yaml': 'services: {a: {build: ., image: "i:${TAG}"}, b: {image: inner, user: u}}',
    'sub/.env': 'TAG=sub',
  })
  assert.equal(project.services.a?.image, 'i:sub')
  assert.equal(project.services.a?.build?.context, '/project/sub')
  assert.deepEqual([project.services.b?.image, project.services.b?.user], ['outer', 'u'])
})

test('a cycle of includes is refused', async () => {
  const files = { 'compose.yaml': 'include: [b.yaml]', 'b.yaml': 'include: [compose.yaml]' }
  assert.match(await refusalOf(files), /include cycle detected/)
})

test('extends: own file, other file, and a cycle', async () => {
  const project = await projectOf({
    'compose.yaml':
      'services: {a: {extends: {file: base/b.yaml, service: base}, environment: {X: a}}, c: {extends: a}}',
    'base/b.yaml': 'services: {base: {image: i, environment: {X: b, Y: b}, volumes: ["./v:/v"]}}',
  })
  assert.deepEqual({ ...project.services.c?.environment }, { X: 'a', Y: 'b' })
  assert.equal(project.services.a?.volumes[0]?.source, '/project/base/v')
  assert.match(await refusalOf('services: {a: {extends: b}, b: {extends: a}}'), /Circular reference/)
})

test('reset and override tags', async () => {
  const project = await projectOf({
    'compose.yaml': 'services: {a: {image: i, ports: ["80"], environment: {A: 1, B: 2}}}',
    'compose.override.yaml': 'services: {a: {ports: !override ["81"], environment: {A: !reset null}}}',
  })
  assert.deepEqual(
    project.services.a?.ports.map(({ target }) => target),
    [81],
  )
  assert.deepEqual({ ...project.services.a?.environment }, { B: '2' })
})

test('anchors and merge keys', async () => {
  const text =
    'x-base: &base {image: i, environment: {A: 1}}\nservices:\n  a:\n    <<: *base\n    user: u\n  b: *base\n'
  const { services } = await projectOf(text)
  assert.deepEqual([services.a?.image, services.a?.user, services.b?.image], ['i', 'u', 'i'])
})

const shop = `services:
  web: {image: i, depends_on: [api]}
  api: {image: i, depends_on: [db], volumes: ["data:/d"]}
  db: {image: i}
  tool: {image: i, profiles: [tools]}
volumes: {data: {}, unused: {}}
`

test('profiles, and services that activate theirs by being named', async () => {
  assert.deepEqual(Object.keys((await projectOf(shop)).disabledServices), ['tool'])
  assert.ok((await projectOf(shop, { profiles: ['tools'] })).services.tool)
  const named = await projectOf(shop, { services: ['tool'] })
  assert.deepEqual(Object.keys(named.services), ['tool'])
})

test('a selection has what it depends on, or what depends on it, or neither', async () => {
  const project = await projectOf(shop)
  const keys = (options?: Parameters<typeof selectServices>[2]) =>
    Object.keys(selectServices(project, ['api'], options).services).sort()
  assert.deepEqual(keys(), ['api', 'db'])
  assert.deepEqual(keys({ dependencies: 'dependents' }), ['api', 'web'])
  assert.deepEqual(keys({ dependencies: 'ignore' }), ['api'])
  assert.deepEqual(Object.keys(project.services).length, 3)
  assert.throws(() => selectServices(project, ['apu']), /no such service: apu/)
})

test('resources that no service uses are left out, unless asked for', async () => {
  assert.deepEqual(Object.keys((await projectOf(shop)).volumes), ['data'])
  assert.deepEqual(Object.keys((await projectOf(shop, { allResources: true })).volumes).sort(), ['data', 'unused'])
})

test('the hash is that of Docker Compose, and says nothing about how to build or scale', async () => {
  const hash = async (attributes: string) =>
    (await projectOf(`services: {a: {image: i${attributes}}}`)).services.a?.configHash
  const plain = await hash('')
  assert.match(plain ?? '', /^[0-9a-f]{64}$/)
  assert.equal(await hash(', scale: 3, pull_policy: always'), plain)
  assert.notEqual(await hash(', user: u'), plain)
  const { services } = await projectOf('services: {a: {image: i}}')
  const service = services.a
  assert.ok(service)
  assert.equal(withChanges(service, { scale: 2 }).configHash, plain)
  assert.equal(withChanges(service, { user: 'u' }).configHash, await hash(', user: u'))
})

test('remote files are fetched once, and loaded like others', async () => {
  const fetched: string[] = []
  const options = inMemory({
    'compose.yaml': 'include: ["git@host:r.git"]\nservices: {b: {extends: {file: "git@host:r.git", service: a}}}',
    '/cache/compose.yaml': 'services: {a: {image: far, volumes: ["./v:/v"]}}',
  })
  const project = await loadProject({
    ...options,
    remote: {
      accepts: reference => reference.startsWith('git@'),
      async fetch(reference) {
        fetched.push(reference)
        return '/cache/compose.yaml'
      },
    },
  })
  assert.equal(project.services.b?.image, 'far')
  assert.deepEqual(fetched, ['git@host:r.git'])
})

test('an error says where it is, and what was probably meant', async () => {
  const refusal = await refusalOf('services:\n  a:\n    image: i\n    enviroment: {}\n')
  assert.equal(
    refusal,
    [
      "validating /project/compose.yaml: services.a additional properties 'enviroment' not allowed",
      '  at /project/compose.yaml:4:5 (services.a.enviroment)',
      '  Did you mean environment?',
      '',
    ].join('\n'),
  )
})

test('the output is its own input', async () => {
  const output = await configOf(shop)
  assert.equal(await configOf(output), output)
})

test('COMPOSE_PROFILES, and --profile instead of it', async () => {
  const file = 'services: {a: {image: a}, b: {image: b, profiles: [dev]}, c: {image: c, profiles: [test]}}'
  const enabled = async (options: object) => Object.keys((await projectOf(file, options)).services)
  assert.deepEqual(await enabled({}), ['a'])
  assert.deepEqual(await enabled({ env: { COMPOSE_PROFILES: 'dev, test' } }), ['a', 'b', 'c'])
  assert.deepEqual(await enabled({ env: { COMPOSE_PROFILES: 'dev' }, profiles: ['test'] }), ['a', 'c'])
  assert.deepEqual(await enabled({ env: { COMPOSE_PROFILES: '*' } }), ['a', 'b', 'c'])
})

test('COMPOSE_ENV_FILES, COMPOSE_DISABLE_ENV_FILE', async () => {
  const files = {
    'compose.yaml': 'services: {a: {image: "i:${T:-none}"}}',
    '.env': 'T=own',
    'a.env': 'T=a',
    'b.env': 'T=b',
  }
  const image = async (env: Record<string, string>, envFiles: string[] = []) =>
    (await projectOf(files, { env, envFiles })).services.a?.image
  assert.equal(await image({}), 'i:own')
  assert.equal(await image({ COMPOSE_ENV_FILES: 'a.env,b.env' }), 'i:b')
  assert.equal(await image({ COMPOSE_ENV_FILES: 'a.env' }, ['b.env']), 'i:b')
  assert.equal(await image({ COMPOSE_DISABLE_ENV_FILE: '1' }), 'i:none')
  assert.equal(await image({ COMPOSE_DISABLE_ENV_FILE: 'false' }), 'i:own')
  await assert.rejects(image({ COMPOSE_DISABLE_ENV_FILE: 'perhaps' }), /strconv\.ParseBool: parsing "perhaps"/)
})
