// Repositories as the engine clones them: what an address holds is never an option or a program of git, and nothing waits
// for ever.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { privateGit } from '../../../test/private-git.ts'
import { cloneRepository } from './git.ts'

const options = { keepGitFolder: false, signal: new AbortController().signal }

function emptyFolder(folder: string): string {
  const path = join(folder, 'clone')
  mkdirSync(path)
  return path
}

function repositoryIn(folder: string): string {
  const path = join(folder, 'repository')
  mkdirSync(join(path, 'part:1#2'), { recursive: true })
  writeFileSync(join(path, 'part:1#2/file'), 'content')
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', '-C', path, ...args], { stdio: 'pipe' })
  git('init', '-q', '-b', 'main')
  git('add', '.')
  git('commit', '-q', '-m', 'one')
  return path
}

test('a ref that looks like an option is none', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'engine-git-'))
  const mark = join(folder.path, 'ran')
  const address = `${repositoryIn(folder.path)}#--upload-pack=touch ${mark}; git-upload-pack`
  await assert.rejects(cloneRepository(address, emptyFolder(folder.path), options), /not a git reference/)
  assert.ok(!existsSync(mark))
})

test('a folder may have # and : in its name', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'engine-git-'))
  const address = `${repositoryIn(folder.path)}#main:part:1#2`
  const found = await cloneRepository(address, emptyFolder(folder.path), options)
  assert.equal(readFileSync(join(found, 'file'), 'utf8'), 'content')
})

test('a server that says nothing is given up', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'engine-git-'))
  const sockets: Socket[] = []
  const server = createServer(socket => sockets.push(socket))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  // A server that listens on TCP has an address with a port.
  const { port } = server.address() as AddressInfo
  try {
    await assert.rejects(
      cloneRepository(`git://127.0.0.1:${port}/r.git`, emptyFolder(folder.path), { ...options, deadlineMs: 2000 }),
      { code: 'deadline_exceeded' },
    )
  } finally {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
})

test('ssh is told to ask nobody', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'engine-git-'))
  const said = join(folder.path, 'said')
  writeFileSync(join(folder.path, 'ssh'), `#!/bin/sh\necho "$@" >> ${said}\nexit 1\n`)
  chmodSync(join(folder.path, 'ssh'), 0o755)
  const { PATH } = process.env
  process.env.PATH = `${folder.path}:${PATH}`
  try {
    await assert.rejects(cloneRepository('ssh://host.test/r.git', emptyFolder(folder.path), options), /git/)
  } finally {
    process.env.PATH = PATH
  }
  assert.match(readFileSync(said, 'utf8'), /BatchMode=yes/)
})

test("a private repository is shown the build's token, or its header, and none that is another host's", async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'engine-git-'))
  repositoryIn(folder.path)
  const clone = async (wanted: string, secrets: Record<string, string>) => {
    await using git = await privateGit(folder.path, wanted)
    const into = join(folder.path, `clone-${Object.keys(secrets)}`)
    mkdirSync(into)
    const known = new Map(Object.entries(secrets).map(([name, value]) => [name, Buffer.from(value)]))
    const access = { secrets: known, ssh: new Map() }
    const found = await cloneRepository(`${git.url}/repository/.git`, into, { ...options, access })
    return readFileSync(join(found, 'part:1#2/file'), 'utf8')
  }
  const basic = `basic ${Buffer.from('x-access-token:t0k').toString('base64')}`
  assert.equal(await clone(basic, { GIT_AUTH_TOKEN: 't0k\n' }), 'content')
  assert.equal(await clone(basic, { 'GIT_AUTH_TOKEN.127.0.0.1': 't0k', GIT_AUTH_TOKEN: 'other' }), 'content')
  assert.equal(await clone('Bearer b', { GIT_AUTH_HEADER: 'Bearer b' }), 'content')
  await assert.rejects(clone(basic, { 'GIT_AUTH_TOKEN.elsewhere.test': 't0k' }), /git: fatal: could not read Username/)
})

test("ssh has the build's default agent", async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'engine-git-'))
  const said = join(folder.path, 'said')
  writeFileSync(join(folder.path, 'ssh'), `#!/bin/sh\necho "$SSH_AUTH_SOCK" >> ${said}\nexit 1\n`)
  chmodSync(join(folder.path, 'ssh'), 0o755)
  const { PATH } = process.env
  process.env.PATH = `${folder.path}:${PATH}`
  const access = { secrets: new Map(), ssh: new Map([['default', '/run/agent.sock']]) }
  try {
    await assert.rejects(
      cloneRepository('git@host.test:r.git', emptyFolder(folder.path), { ...options, access }),
      /git/,
    )
  } finally {
    process.env.PATH = PATH
  }
  assert.equal(readFileSync(said, 'utf8'), '/run/agent.sock\n')
})
