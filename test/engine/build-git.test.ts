// Git repositories as contexts and as sources of ADD, from git's own server.
import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { WantedBuild } from '../../src/docker/protocol/extensions.ts'
import { freePort } from '../ports.ts'
import { answers } from '../registry-process.ts'
import { build, contextOf } from './builds.ts'
import { startEngine, type TestEngine, until } from './engine-process.ts'
import { importBusybox, run } from './run.ts'

const repository = contextOf({})
let engine: TestEngine
let server: ChildProcess
let url = ''
let commit = ''

const git = (...args: string[]): string =>
  execFileSync('git', ['-C', repository, '-c', 'user.name=x', '-c', 'user.email=x@x', ...args], { encoding: 'utf8' })

before(async () => {
  engine = await startEngine()
  await engine.docker.negotiate()
  await importBusybox(engine)
  git('init', '-q', '-b', 'main')
  writeFileSync(join(repository, 'Dockerfile'), 'FROM busybox\nCOPY f /a')
  writeFileSync(join(repository, 'f'), 'from git')
  mkdirSync(join(repository, 'sub/deep'), { recursive: true })
  writeFileSync(join(repository, 'sub/deep/g'), 'below')
  git('add', '.')
  git('commit', '-qm', 'x')
  git('tag', '-am', 'x', 'v1')
  commit = git('rev-parse', 'HEAD').trim()
  const port = await freePort()
  const words = [`--base-path=${repository}`, '--export-all', '--listen=127.0.0.1', `--port=${port}`]
  // Itself, not the git that would start it and leave it behind.
  const daemon = join(git('--exec-path').trim(), 'git-daemon')
  server = spawn('setpriv', ['--pdeathsig', 'KILL', daemon, ...words], { stdio: 'ignore' })
  url = `git://127.0.0.1:${port}/.git`
  await until(() => answers(port), 'git daemon')
})
after(async () => {
  server.kill('SIGKILL')
  await engine[Symbol.asyncDispose]()
})

const context = (dockerfile: string): string => contextOf({ Dockerfile: dockerfile })

/** What is in /a of the image that is built, or what it lists where that is a folder. */
async function answer(wanted: WantedBuild): Promise<string> {
  const { id = '', error } = await build(engine, wanted)
  assert.equal(error?.message, undefined)
  return (await run(engine, { Image: id, Cmd: ['sh', '-c', 'cat /a 2>/dev/null || ls -A /a'] })).stdout.trim()
}

test('contexts may be git repositories', async () => {
  assert.equal(await answer({ Context: url }), 'from git')
  const Contexts = { repository: url }
  assert.equal(await answer({ Context: context('FROM busybox\nCOPY --from=repository f /a'), Contexts }), 'from git')
})

test('ADD of a part of a repository, by fragment and by parameters', async () => {
  assert.equal(await answer({ Context: context(`FROM busybox\nADD ${url}#main:sub /a`) }), 'deep')
  assert.equal(await answer({ Context: context(`FROM busybox\nADD ${url}?tag=v1&subdir=sub/deep /a`) }), 'g')
  const { error } = await build(engine, { Context: context(`FROM busybox\nADD ${url}#main:other /a`) })
  assert.match(error?.message ?? '', /has no folder other/)
})

test('the folder of git stays where that is asked for', async () => {
  const dockerfile = `FROM busybox\nADD ${url}?keep-git-dir=1&subdir=/ /a`
  assert.match(await answer({ Context: context(dockerfile) }), /^\.git\nDockerfile/)
  const flagged = dockerfile.replace('ADD', 'ADD --keep-git-dir=false')
  assert.match(await answer({ Context: context(flagged) }), /^Dockerfile/)
  git('branch', '-f', 'whole')
  git('checkout', '-q', 'whole')
  writeFileSync(join(repository, 'Dockerfile'), 'FROM busybox\nCOPY . /a')
  git('commit', '-qam', 'y')
  git('checkout', '-q', 'main')
  assert.match(await answer({ Context: `${url}#whole` }), /^Dockerfile/)
  const Args = { BUILDKIT_CONTEXT_KEEP_GIT_DIR: '1' }
  assert.match(await answer({ Context: `${url}#whole`, Args }), /^\.git\nDockerfile/)
})

test('--checksum of a repository is its commit, and may be an argument', async () => {
  const dockerfile = `FROM busybox\nARG SUM\nADD --checksum=\${SUM} ${url}#v1:sub /a`
  const built = (SUM: string) => build(engine, { Context: context(dockerfile), Args: { SUM } })
  assert.equal((await built(commit)).error?.message, undefined)
  assert.equal((await built(commit.slice(0, 12))).error?.message, undefined)
  const { error } = await built('f'.repeat(40))
  assert.equal(error?.message, `expected checksum to match ${'f'.repeat(40)}, got ${commit}`)
  assert.match(error?.path ?? '', /Dockerfile:3$/)
})
