// Before the power goes: services of every policy, two of them stopped by hand.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { importBusybox, inside, ok, openEngine, roots, served, states } from './commands.ts'

test('before: up brings all services up', async () => {
  await ok('engine', 'start')
  const docker = openEngine()
  await importBusybox(docker)
  await ok('up', '-d')
  const all = await states(docker)
  assert.equal(all.length, 7)
  for (const state of all) assert.match(state, / Up$/)
  assert.equal(await served(), 'served\n')
  await inside(docker, 'always', 'echo kept > /files/note; echo gone > /memory/note')
  await ok('stop', 'stopped-always', 'stopped-unless-stopped')
  writeFileSync(join(roots.runRoot, 'of-this-boot'), '')
  docker.close()
})
