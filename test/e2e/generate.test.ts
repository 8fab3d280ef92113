// A Compose file of containers that are there.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { stack } from './stack.ts'

test('the file of containers must bring up the same again', async t => {
  await using s = await stack(t, 'generate')
  const project = s.env.COMPOSE_PROJECT_NAME
  await s.ok('up', '-d')
  const words = ['alpha', 'generate', '--name', 'again', `${project}-web-1`, `${project}-web-2`]
  const { services, ...rest } = JSON.parse(await s.ok(...words, '--format', 'json'))
  const { networks, ...web } = services.web
  assert.deepEqual(Object.keys(services), ['web'])
  assert.deepEqual(web, {
    command: ['sleep', '1000'],
    entrypoint: null,
    environment: { A: '1' },
    healthcheck: { test: ['CMD', 'true'], interval: '5s' },
    image: 'busybox',
    labels: { mine: '1' },
    scale: 2,
    secrets: [{ source: 'key.txt', target: '/run/secrets/key' }].map(one => ({ ...one, source: 'key' })),
    volumes: [
      { type: 'volume', source: `${project}_data`, target: '/data' },
      { type: 'bind', source: join(s.cwd, 'site'), target: '/site', read_only: true },
    ],
  })
  assert.deepEqual(rest.secrets, { key: { name: 'key', file: join(s.cwd, 'key.txt') } })
  assert.equal(rest.networks[`${project}_inner`].internal, true)
  assert.ok(networks[`${project}_inner`].aliases.includes('front'))

  const file = join(s.root, 'compose.yaml')
  const yaml = await s.ok(...words, '--project-dir', s.cwd)
  assert.match(yaml, /^ {8}source: \.\/site$/m)
  writeFileSync(file, yaml)
  delete s.env.COMPOSE_PROJECT_NAME
  const again = ['-f', file, '--project-directory', s.cwd]
  await s.ok(...again, 'up', '-d', '--wait')
  assert.equal(await s.ok(...again, 'exec', '-T', 'web', 'cat', '/site/index.html', '/run/secrets/key'), 'hi\nkey\n')
  await s.ok(...again, 'down', '-v', '-t', '0')
  await s.ok('-p', project ?? '', 'down', '-v', '-t', '0')
})

test('what there is not must be told', async t => {
  await using s = await stack(t, 'generate')
  const said = async (...words: string[]) => (await s.cli('alpha', 'generate', ...words)).stderr.split('\n')[1]
  assert.equal(await said(), 'at least one container must be specified')
  assert.equal(await said('nobody', 'none'), 'no container(s) found with the following name(s): nobody,none')
  assert.equal(await said('--format', 'toml', 'x'), 'unsupported format "toml"')
})
