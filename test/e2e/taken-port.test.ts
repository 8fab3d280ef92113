import assert from 'node:assert/strict'
import { test } from 'node:test'
import { takePort } from '../ports.ts'
import { stack } from './stack.ts'
import { projectTraces } from './traces.ts'

test('up must make nothing when a port is taken, and say who has it', async t => {
  const { port, server } = await takePort()
  t.after(() => server.close())
  await using s = await stack(t, 'taken-port', { PORT: String(port) })
  const up = await s.cli('up', '-d')
  assert.equal(up.code, 1)
  assert.equal(up.stdout, '')
  const holder = new RegExp(
    `^service "web" can't publish port 127.0.0.1:${port}: .+ \\(pid ${process.pid}\\) has it\n.*services.web.ports\n$`,
  )
  assert.match(up.stderr, holder)
  assert.equal(await s.ok('ps', '-a', '-q'), '')
  assert.deepEqual(projectTraces(s.root), [])
})

test('a port that a container of another project has must be refused with the command that frees it', async t => {
  const { port, server } = await takePort()
  await new Promise(resolve => server.close(resolve))
  await using s = await stack(t, 'taken-port', { PORT: String(port) })
  await s.ok('up', '-d')
  const other = await s.cli('-p', 'other', 'up', '-d')
  assert.equal(other.code, 1)
  assert.match(other.stderr, new RegExp(`tsc-compose -p ${s.env.COMPOSE_PROJECT_NAME} stop web`))
  assert.equal(await s.ok('-p', 'other', 'ps', '-a', '-q'), '')
  await s.ok('up', '-d', '--force-recreate', '-t', '0')
  await s.ok('down', '-v', '-t', '0')
  assert.deepEqual(projectTraces(s.root), [])
})
