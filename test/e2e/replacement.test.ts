import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { packageVersion } from '../../src/shared/version.ts'
import { alive } from '../engine/engine-process.ts'
import { eventually, type Stack, stack } from './stack.ts'

const project = new URL('../..', import.meta.url).pathname

/** The built package under another version, as an upgrade or a downgrade installs it. */
function otherVersion(version: string): Disposable & { run(s: Stack, ...args: string[]): Promise<string> } {
  const folder = mkdtempSync(join(tmpdir(), 'tsc-version-'))
  for (const part of ['bin', 'dist', 'package.json'])
    cpSync(join(project, part), join(folder, part), { recursive: true })
  symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'))
  const bundles = readdirSync(join(folder, 'dist')).filter(name => name.endsWith('.js'))
  const named = bundles.filter(name => {
    const path = join(folder, 'dist', name)
    const text = readFileSync(path, 'utf8')
    const changed = text.replaceAll(`"${packageVersion()}"`, `"${version}"`)
    writeFileSync(path, changed)
    return changed !== text
  })
  assert.ok(named.includes('cli.js') && named.includes('engine.js'))
  return {
    run: (s, ...args) =>
      new Promise((resolve, reject) => {
        const call = [join(folder, 'bin/run.js'), ...args]
        execFile(process.execPath, call, { cwd: s.cwd, env: s.env, timeout: 30_000 }, (error, stdout, stderr) =>
          error ? reject(new Error(stderr, { cause: error })) : resolve(stdout),
        )
      }),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  }
}

const containerPid = async (s: Stack, name: string) =>
  Number((await s.ok('exec', '-T', name, 'sh', '-c', 'cut -d" " -f22 /proc/1/stat')).trim())

test('a newer CLI must replace the engine without touching containers, an older one must leave it alone', async t => {
  await using s = await stack(t, 'up-down')
  using newer = otherVersion('99.0.0')
  using older = otherVersion('0.0.1')
  await s.ok('up', '-d')
  const first = s.enginePid()
  const started = await containerPid(s, 'db')
  const ids = await s.ok('ps', '-q')

  assert.equal(await newer.run(s, 'ps', '-q'), ids)
  const second = s.enginePid()
  assert.notEqual(second, first)
  assert.equal(await containerPid(s, 'db'), started, 'it was not restarted')
  assert.match(await newer.run(s, 'version'), /99\.0\.0/)

  assert.equal(await older.run(s, 'ps', '-q'), ids)
  assert.equal(s.enginePid(), second)

  // The supervisor keeps the new engine now.
  process.kill(second, 'SIGKILL')
  await eventually(async () => s.enginePid() !== second && alive(s.enginePid()), 'the next engine')
  assert.equal(await newer.run(s, 'ps', '-q'), ids)
  assert.match(await newer.run(s, 'engine', 'status'), /99\.0\.0/)
  await newer.run(s, 'down', '-v', '-t', '0')
  await newer.run(s, 'engine', 'stop')
})

test('a state from the future must be refused with what to do, and kept', async t => {
  await using s = await stack(t, 'up-down')
  await s.ok('engine', 'stop')
  const path = join(s.root, 'engine.db')
  const version = (set?: number) => {
    const database = new DatabaseSync(path)
    if (set !== undefined) database.exec(`PRAGMA user_version = ${set}`)
    const found = database.prepare('PRAGMA user_version').get()?.user_version
    database.close()
    return Number(found)
  }
  const own = version()
  version(999)
  const refused = await s.cli('ps')
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /the engine's state is of a newer version \(999.*use the newer tsc-compose/s)
  assert.equal(version(), 999)
  version(own)
  await s.ok('ps')
})
