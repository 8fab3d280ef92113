import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stack } from './stack.ts'
import { projectTraces } from './traces.ts'

test("-p must reach a project from a folder with another project's file, and leave that one alone", async t => {
  await using s = await stack(t, 'side-by-side')
  await s.ok('up', '-d')
  await s.ok('-f', '../short-lives/compose.yaml', '-p', 'e2e-named', 'up', '-d', 'keeper')
  const states = () => s.ok('-p', 'e2e-named', 'ps', '-a', '--format', '{{.Service}} {{.State}}')
  await s.ok('-p', 'e2e-named', 'stop')
  assert.equal(await states(), 'keeper exited\n')
  await s.ok('-p', 'e2e-named', 'start')
  assert.equal(await states(), 'keeper running\n')

  // The image is one for both projects: it goes with the last.
  const first = await s.cli('down', '-v', '--rmi', 'all', '-t', '0')
  assert.equal(first.code, 0, first.stderr)
  assert.match(first.stderr, /Image busybox:latest Resource is still in use/)
  assert.equal(await states(), 'keeper running\n')
  const last = await s.cli('-p', 'e2e-named', 'down', '--rmi', 'all')
  assert.equal(last.code, 0, last.stderr)
  assert.match(last.stderr, /Container e2e-named-keeper-1 Removed/)
  assert.match(last.stderr, /Network e2e-named_default Removed/)
  assert.match(last.stderr, /Image busybox:latest Removed/)
  assert.deepEqual(projectTraces(s.root), [])
})
