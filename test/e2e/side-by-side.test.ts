import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { stack } from './stack.ts'
import { leavesNothing, projectTraces } from './traces.ts'

test('two data roots must not see each other, with one project name for both', async t => {
  const names = { COMPOSE_PROJECT_NAME: 'e2e-same' }
  await using one = await stack(t, 'side-by-side', names)
  await using other = await stack(t, 'side-by-side', names)
  await Promise.all([one.ok('up', '-d'), other.ok('up', '-d')])
  for (const [s, text] of [
    [one, 'one'],
    [other, 'other'],
  ] as const) {
    writeFileSync(join(s.root, 'volumes/e2e-same_www/_data/name'), text)
    assert.equal(await s.ok('exec', '-T', 'client', 'wget', '-qO-', 'http://web/name'), text)
  }
  const address = await other.ok('exec', '-T', 'web', 'hostname', '-i')
  const strange = await one.cli('exec', '-T', 'client', 'wget', '-T', '1', '-qO-', `http://${address.trim()}/name`)
  assert.notEqual(strange.stdout, 'other')

  const ids = await other.ok('ps', '-q')
  await one.ok('down', '-v', '-t', '0')
  assert.deepEqual(projectTraces(one.root), [])
  assert.equal(await other.ok('ps', '-q'), ids)
  await one.ok('engine', 'stop')
  await leavesNothing(one.root)
  assert.equal(await other.ok('exec', '-T', 'client', 'wget', '-qO-', 'http://web/name'), 'other')
  await other.ok('down', '-v', '-t', '0')
  assert.deepEqual(projectTraces(other.root), [])
})
