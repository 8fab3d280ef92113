// A build of a private repository whose base image is private too must be shown both, and neither without a login.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { privateGit } from '../private-git.ts'
import { password, startPrivateRegistry } from '../registry-process.ts'
import { stack } from './stack.ts'

test('a token for the repository, a password for the image that its Dockerfile names', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'tsc-private-build-'))
  t.after(() => rmSync(folder, { recursive: true }))
  await using registry = await startPrivateRegistry()
  const repository = join(folder, 'repository')
  mkdirSync(repository)
  writeFileSync(join(repository, 'Dockerfile'), `FROM ${registry.host}/team/base\nRUN echo built > /a\n`)
  for (const words of [
    ['init', '-q'],
    ['add', '.'],
    ['-c', 'user.name=t', '-c', 'user.email=t@t', 'commit', '-qm', 'x'],
  ])
    execFileSync('git', ['-C', repository, ...words])
  await using git = await privateGit(folder, `basic ${Buffer.from('x-access-token:t0k').toString('base64')}`)
  const config = (auths: object) => writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths }))
  const auth = Buffer.from(`me:${password}`).toString('base64')
  config({ [registry.host]: { auth } })
  await using s = await stack(t, 'private-build', {
    CONTEXT: `${git.url}/repository/.git`,
    GIT_TOKEN: 't0k',
    DOCKER_CONFIG: folder,
  })
  const base = `${registry.host}/team/base`
  await s.ok('image', 'tag', 'busybox', base)
  await s.ok('image', 'push', '-q', base)
  await s.ok('image', 'rm', base)
  await s.ok('build', '-q')

  await s.ok('image', 'rm', `${s.env.COMPOSE_PROJECT_NAME}-app`)
  await s.cli('image', 'rm', base)
  config({})
  const nobody = await s.cli('build', '-q', '--no-cache')
  assert.equal(nobody.code, 1)
  assert.match(nobody.stderr, /pull access denied|unauthorized|no basic auth/)
  s.env.GIT_TOKEN = 'other'
  assert.match((await s.cli('build', '-q')).stderr, /git: fatal: /)
})
