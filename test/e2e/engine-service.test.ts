import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { existsSync, lstatSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { makeTestRoot } from '../test-root.ts'

const run = promisify(execFile)
const cli = new URL('../../bin/run.js', import.meta.url).pathname
const units = '/etc/systemd/system'

/** `engine …` with a data root whose name needs quoting. */
function installer() {
  const base = makeTestRoot('tsc-e2e-')
  const env = { ...process.env, TSC_COMPOSE_ROOT: join(base, 'a "b" 100% $c') }
  const engine = async (...args: string[]) => (await run(process.execPath, [cli, 'engine', ...args], { env })).stdout
  return { engine, [Symbol.dispose]: () => rmSync(base, { recursive: true, force: true }) }
}

test('install must write a unit that systemd understands, enable it, and uninstall must take both back', async () => {
  using one = installer()
  const shown = await one.engine('install', '--dry-run')
  const path = /^# (\S+)\n/.exec(shown)?.[1] ?? ''
  assert.match(path, new RegExp(`^${units}/tsc-compose-[0-9a-f]{12}\\.service$`))
  assert.ok(!existsSync(path), 'a dry run writes nothing')
  const link = path.replace(units, join(units, 'multi-user.target.wants'))
  try {
    assert.match(await one.engine('install'), new RegExp(`^Wrote ${path}\\.`))
    assert.equal(readFileSync(path, 'utf8'), shown.slice(shown.indexOf('\n') + 1))
    assert.ok(lstatSync(link).isSymbolicLink())
    // It says nothing when nothing is wrong, and names every line that it would ignore.
    assert.equal(execFileSync('sh', ['-c', 'systemd-analyze verify "$0" 2>&1', path], { encoding: 'utf8' }), '')
    assert.match(await one.engine('install'), /^Wrote/, 'a second time does no harm')
    assert.equal(await one.engine('uninstall'), `Removed ${path}. What runs is left running.\n`)
    assert.ok(!existsSync(path) && lstatSync(link, { throwIfNoEntry: false }) === undefined)
    assert.equal(await one.engine('uninstall'), `There is no ${path}.\n`)
  } finally {
    for (const left of [path, link]) rmSync(left, { force: true })
  }
})

test("another's unit of the same name must stay as it is, and two data roots must have two names", async () => {
  using one = installer()
  using two = installer()
  const [path = '', other = ''] = (
    await Promise.all([one, two].map(({ engine }) => engine('install', '--dry-run')))
  ).map(shown => /^# (\S+)\n/.exec(shown)?.[1])
  assert.notEqual(path, other)
  writeFileSync(path, '[Unit]\n')
  try {
    for (const verb of ['install', 'uninstall'])
      await assert.rejects(one.engine(verb), new RegExp(`${path} was not written by tsc-compose`))
    assert.equal(readFileSync(path, 'utf8'), '[Unit]\n')
  } finally {
    rmSync(path)
  }
})
