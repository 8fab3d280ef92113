import assert from 'node:assert/strict'
import { test } from 'node:test'
import { engineUnit } from './engine-unit.ts'

const programs = { node: '/opt/node', entry: '/opt/tsc compose/$1/100%/engine.js' }
const linesOf = (env: NodeJS.ProcessEnv) => engineUnit({ ...programs, env }).text.split('\n')

test('the unit of the default data root', () => {
  assert.equal(engineUnit({ ...programs, env: {} }).name, 'tsc-compose.service')
  const lines = linesOf({})
  assert.ok(lines.includes('ExecStart=/opt/node "/opt/tsc compose/$$1/100%%/engine.js"'))
  assert.ok(lines.includes('RequiresMountsFor=/var/lib/tsc-compose'))
  for (const line of ['Type=notify', 'KillMode=process', 'Delegate=yes', 'WantedBy=multi-user.target'])
    assert.ok(lines.includes(line), line)
  assert.ok(!lines.some(line => line.includes('TSC_COMPOSE_ROOT')))
})

test('where registries are configured goes along', () =>
  assert.ok(linesOf({ TSC_COMPOSE_CONFIG: '/c' }).includes('Environment=TSC_COMPOSE_CONFIG=/c')))

test('another data root has a unit of its own, which names it', () => {
  assert.match(engineUnit({ ...programs, env: { TSC_COMPOSE_ROOT: '/a' } }).name, /^tsc-compose-[0-9a-f]{12}\.service$/)
  assert.ok(linesOf({ TSC_COMPOSE_ROOT: '/a' }).includes('Environment=TSC_COMPOSE_ROOT=/a'))
  assert.ok(linesOf({ TSC_COMPOSE_ROOT: '/a b"c' }).includes('Environment="TSC_COMPOSE_ROOT=/a b\\"c"'))
})
