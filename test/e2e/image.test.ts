// image must do with the engine's images what docker image does, for machines without a docker CLI.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { busyboxTar } from '../busybox.ts'
import { startRegistry } from '../registry-process.ts'
import { stack } from './stack.ts'

test('images are listed, named, saved, loaded, inspected and removed', async t => {
  await using s = await stack(t, 'history', { WORD: 'x' })
  const folder = mkdtempSync(join(tmpdir(), 'tsc-image-'))
  t.after(() => rmSync(folder, { recursive: true }))
  await s.ok('image', 'tag', 'busybox', 'registry.example.com/team/tools:1')
  assert.match(await s.ok('image', 'ls'), /^registry\.example\.com\/team\/tools +1 +[0-9a-f]{12} +.* ago +[\d.]+MB$/m)
  assert.equal((await s.ok('image', 'ls', '-q')).split('\n').length, 2)
  assert.doesNotMatch(await s.ok('image', 'ls', 'registry.example.com/team/*'), /busybox/)
  const [{ RepoTags, Config }] = JSON.parse(await s.ok('image', 'inspect', 'busybox'))
  assert.deepEqual(RepoTags, ['busybox:latest', 'registry.example.com/team/tools:1'])
  assert.deepEqual(Config.Cmd, ['sh'])
  assert.match(await s.ok('image', 'history', 'busybox'), /Imported from -/)
  const archive = join(folder, 'images.tar')
  await s.ok('image', 'save', '-o', archive, 'busybox', 'registry.example.com/team/tools:1')
  assert.equal(
    await s.ok('image', 'rm', 'registry.example.com/team/tools:1'),
    'Untagged: registry.example.com/team/tools:1\n',
  )
  assert.match(await s.ok('image', 'rm', 'busybox'), /^Deleted: sha256:/m)
  assert.equal(await s.ok('image', 'ls', '-q'), '')
  assert.match(await s.ok('image', 'load', '-i', archive), /^Loaded image: busybox:latest$/m)
  assert.match(await s.ok('image', 'ls'), /^registry\.example\.com\/team\/tools +1 /m)
  const missing = await s.cli('image', 'save', '-o', join(folder, 'none.tar'), 'nothing')
  assert.equal(missing.code, 1)
  assert.match(missing.stderr, /No such image: nothing/)
  assert.equal(existsSync(join(folder, 'none.tar')), false)
})

test('what a container uses stays, and prune asks first', async t => {
  await using s = await stack(t, 'history', { WORD: 'x' })
  await s.ok('up', '-d')
  const refused = await s.cli('image', 'rm', 'busybox', 'nothing')
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /is using its referenced image/)
  assert.match(refused.stderr, /No such image: nothing/)
  await s.ok('image', 'tag', 'busybox', 'other')
  const asked = await new Promise<string>(resolve => {
    const entry = new URL('../../bin/run.js', import.meta.url).pathname
    const child = execFile(process.execPath, [entry, 'image', 'prune', '-a'], { env: s.env }, (_, stdout) =>
      resolve(stdout),
    )
    child.stdin?.end('n\n')
  })
  assert.match(asked, /Are you sure/)
  assert.match(await s.ok('image', 'prune', '-af'), /^Total reclaimed space: 0B$/m)
  assert.match(await s.ok('image', 'ls'), /^busybox /m)
  assert.match(await s.ok('engine', 'df'), /^Images +1 +1 +[\d.]+MB +0B \(0%\)$/m)
  await s.ok('down', '-t', '0')
  assert.match(await s.ok('engine', 'prune', '--all'), /^Total reclaimed space: [1-9]/m)
  assert.equal(await s.ok('image', 'ls', '-q'), '')
  assert.ok(readFileSync(join(s.root, 'engine.log'), 'utf8').includes('ready'))
})

test('images are imported, pushed and pulled, by name and all tags of a name', async t => {
  await using registry = await startRegistry()
  await using s = await stack(t, 'history', { WORD: 'x' })
  const name = `${registry.host}/team/tools`
  const id = await s.ok(
    'image',
    'import',
    '-c',
    'CMD ["sh"]',
    '-m',
    'by hand',
    '--platform',
    'linux/s390x',
    busyboxTar(),
    `${name}:1`,
  )
  assert.match(id, /^sha256:[0-9a-f]{64}\n$/)
  const [{ Config, Architecture }] = JSON.parse(await s.ok('image', 'inspect', `${name}:1`))
  assert.deepEqual([Config.Cmd, Architecture], [['sh'], 's390x'])
  assert.match(await s.ok('image', 'history', `${name}:1`), /by hand/)
  await s.ok('image', 'tag', `${name}:1`, `${name}:2`)
  assert.match(await s.ok('image', 'push', '-a', name), /^1: digest: sha256:.*[\s\S]*^2: digest: sha256:/m)
  assert.equal(await s.ok('image', 'push', '-q', `${name}:2`), `${name}:2\n`)
  await s.ok('image', 'rm', '-f', id.trim())
  const pulled = await s.ok('image', 'pull', '--platform', 'linux/s390x', `${name}:1`)
  assert.match(
    pulled,
    new RegExp(`^1: Pulling from .*team/tools$[\\s\\S]*^Digest: sha256:.*[\\s\\S]*^${name}:1\n$`, 'm'),
  )
  assert.equal(await s.ok('image', 'pull', '-q', '--platform', 'linux/s390x', `${name}:2`), `${name}:2\n`)
  const missing = await s.cli('image', 'pull', name)
  assert.equal(missing.code, 1)
  assert.equal(missing.stdout, 'Using default tag: latest\n')
  assert.match(missing.stderr, /^Error response from daemon: .*not found/)
  const all = await s.cli('image', 'pull', '-a', name)
  assert.match(all.stderr, /--all-tags is not supported by this engine/)
  const none = await s.cli('image', 'import', '/nowhere.tar')
  assert.match(none.stderr, /open \/nowhere.tar: no such file or directory/)
})
