import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stack } from './stack.ts'
import { projectTraces } from './traces.ts'

test('pause must freeze what runs and unpause thaw it, and what is so already is refused by name', async t => {
  await using s = await stack(t, 'paused')
  await s.ok('up', '-d')
  const states = async () => (await s.ok('ps', '-a', '--format', '{{.Service}} {{.State}}')).trim().split('\n').sort()
  const project = s.env.COMPOSE_PROJECT_NAME

  const first = await s.cli('pause', 'one')
  assert.deepEqual([first.code, first.stdout], [0, ''])
  assert.match(first.stderr, new RegExp(`Container ${project}-one-1 Paused`))
  assert.deepEqual(await states(), ['done exited', 'one paused', 'two running'])

  const again = await s.cli('pause', 'one')
  assert.equal(again.code, 1)
  assert.match(again.stderr, /Error response from daemon: container \w+ is already paused/i)
  await s.ok('unpause', 'one')
  assert.deepEqual(await states(), ['done exited', 'one running', 'two running'])
  assert.match((await s.cli('unpause', 'two')).stderr, /container \w+ is not paused/i)
  assert.match((await s.cli('pause', 'tow')).stderr, /no such service: tow/)
  assert.match(await s.ok('pause', '--help'), /Usage: {2}tsc-compose pause \[SERVICE\.\.\.\]/)

  const planned = await s.cli('--dry-run', 'pause', 'two')
  assert.match(`${planned.stdout}${planned.stderr}`, /pause container .*-two-1 \(pause\)/)
  assert.deepEqual(await states(), ['done exited', 'one running', 'two running'])
  await s.ok('pause')
  assert.deepEqual(await states(), ['done exited', 'one paused', 'two paused'])
  await s.ok('unpause')
  assert.deepEqual(await states(), ['done exited', 'one running', 'two running'])
  await s.ok('down', '-t', '0')
  assert.deepEqual(projectTraces(s.root), [])
})
