import assert from 'node:assert/strict'
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { changeDockerConfig } from './docker-config.ts'

function folderOf(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'docker-config-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const change = () => changeDockerConfig({ DOCKER_CONFIG: folder }, config => ({ ...config, psFormat: 'x' }))
  return { folder, path: join(folder, 'config.json'), change }
}

test('a link stays one, and the file that it leads to keeps its owner and mode', t => {
  const { folder, path, change } = folderOf(t)
  const real = join(folder, 'real.json')
  writeFileSync(real, '{"auths": {"r.test": {}}}')
  chmodSync(real, 0o640)
  const isRoot = process.getuid?.() === 0
  if (isRoot) chownSync(real, 1234, 2345)
  const { uid, gid } = statSync(real)
  symlinkSync('real.json', path)
  change()
  assert.ok(lstatSync(path).isSymbolicLink())
  assert.deepEqual(JSON.parse(readFileSync(real, 'utf8')), { auths: { 'r.test': {} }, psFormat: 'x' })
  const after = statSync(real)
  assert.deepEqual([after.uid, after.gid, after.mode & 0o777], [uid, gid, 0o640])
  assert.deepEqual(readdirSync(folder).sort(), ['config.json', 'real.json'])
})

test('a link to a file that is not there yet leads to it then, for its owner alone', t => {
  const { folder, path, change } = folderOf(t)
  symlinkSync('later.json', path)
  change()
  assert.ok(lstatSync(path).isSymbolicLink())
  assert.equal(statSync(join(folder, 'later.json')).mode & 0o777, 0o600)
})
