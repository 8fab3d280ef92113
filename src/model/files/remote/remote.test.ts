// Git repositories and OCI artifacts, from a repository on this disk and a registry in this process.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempDisposableSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { filesInMemory } from '../../../../test/memory-project.ts'
import { ComposeError } from '../../../shared/errors.ts'
import { loadProject } from '../../load/load.ts'
import { type RemoteLoader, remoteLoader } from './remote.ts'

const compose = 'services:\n  a:\n    image: far\n    volumes: ["./data:/data"]\n'

test('a Compose file in a folder of a git repository', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'compose-git-'))
  const repository = join(folder.path, 'repository')
  mkdirSync(join(repository, 'deploy'), { recursive: true })
  writeFileSync(join(repository, 'deploy/compose.yml'), compose)
  mkdirSync(join(repository, 'trap'))
  writeFileSync(join(folder.path, 'outside.yml'), compose)
  symlinkSync(join(folder.path, 'outside.yml'), join(repository, 'trap/compose.yml'))
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', '-C', repository, ...args], { stdio: 'pipe' })
  git('init', '-q', '-b', 'main')
  git('add', '.')
  git('commit', '-q', '-m', 'one')
  const env = {
    PATH: process.env.PATH,
    HOME: folder.path,
    TSC_COMPOSE_ROOT: join(folder.path, 'root'),
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `url.file://${repository}.insteadOf`,
    GIT_CONFIG_VALUE_0: 'https://example.test/shop.git',
  }
  const load = (file: string) => loadProject({ cwd: folder.path, env, files: [file], projectName: 'p' })
  const { services } = await load('https://example.test/shop.git#main:deploy')
  assert.match(services.a?.volumes[0]?.source ?? '', /\/root\/remote\/[0-9a-f]{40}\/deploy\/data$/)
  await assert.rejects(load('https://example.test/shop.git#none:deploy'), /does not contain ref/)
  await assert.rejects(load('https://example.test/shop.git'), /no Compose file/)
  for (const folder of ['/etc', '../../etc'])
    await assert.rejects(load(`https://example.test/shop.git#main:${folder}`), {
      message: `git subdirectory path traversal detected: ${folder}`,
      path: `https://example.test/shop.git#main:${folder}`,
    })
  await assert.rejects(load('https://example.test/shop.git#main:trap'), /is a link to outside of the repository/)
})

test('a fetched file has only files read that came with it', async () => {
  const refused: Record<string, [string, string]> = {
    'include: [../../../host.yaml]\nservices: {a: {image: i}}': ['host.yaml', 'include.0'],
    'services: {a: {image: i, extends: {file: /host.yaml, service: a}}}': ['host.yaml', 'services.a.extends.file'],
    'include: [{path: own.yaml, env_file: /host.env}]\nservices: {a: {image: i}}': ['host.env', 'include.0.env_file'],
    'services: {a: {image: i, env_file: ../../host.env}}': ['host.env', 'services.a.env_file.0'],
    'services: {a: {image: i, env_file: link.env}}': ['link.env', 'services.a.env_file.0'],
    'services: {a: {image: i, label_file: /host.env}}': ['host.env', 'services.a.label_file.0'],
    'services: {a: {image: i, secrets: [s]}}\nsecrets: {s: {file: /etc/shadow}}': ['shadow', 'secrets.s.file'],
  }
  for (const [text, [file, key]] of Object.entries(refused)) {
    const memory = filesInMemory({
      '/cache/one/compose.yaml': text,
      '/cache/one/link.env': 'A=1',
      '/host.yaml': 'services: {a: {image: i}}',
      '/host.env': 'A=1',
      '/project/compose.yaml': 'include: ["git@h:r.git"]',
    })
    const source = { ...memory, realPath: (path: string) => path.replace(/.*link\.env$/, '/host.env') }
    const remote: RemoteLoader = {
      accepts: reference => reference === 'git@h:r.git',
      fetch: async () => '/cache/one/compose.yaml',
      folderOf: path => (path.startsWith('/cache/one/') ? '/cache/one' : undefined),
    }
    for (const files of [['git@h:r.git'], ['compose.yaml']])
      await assert.rejects(
        loadProject({ cwd: '/project', env: {}, files, source, remote, projectName: 'p' }),
        error => {
          assert.ok(error instanceof ComposeError, String(error))
          assert.match(error.message, new RegExp(`${file} is outside of the remote resource`))
          assert.equal(error.path?.replace(/^.* /, ''), `(${key})`)
          return true
        },
      )
  }
})

test('what is remote and what is a path', () => {
  const { accepts } = remoteLoader({ env: {} })
  for (const reference of ['oci://r/n', 'https://h/r.git#a', 'git@h:r', 'ssh://h/r', 'github.com/a/b'])
    assert.ok(accepts(reference), reference)
  for (const path of ['./r.git', '/a.git', 'compose.yaml', 'https://h/compose.yaml', '../git@h:x'])
    assert.ok(!accepts(path), path)
})

test('a project in an OCI artifact, behind a token', async () => {
  const digestOf = (content: string) => `sha256:${createHash('sha256').update(content).digest('hex')}`
  const extra = 'services:\n  b:\n    image: near\n'
  const layer = (content: string, annotations: object = {}) => ({
    mediaType: 'application/vnd.docker.compose.file+yaml',
    digest: digestOf(content),
    annotations: { 'com.docker.compose.file': 'compose.yaml', ...annotations },
  })
  const manifest = JSON.stringify({
    artifactType: 'application/vnd.docker.compose.project',
    layers: [layer(compose), layer(extra)],
  })
  const contents = new Map([compose, extra].map(content => [`/v2/team/shop/blobs/${digestOf(content)}`, content]))
  contents.set('/v2/team/shop/manifests/v1', manifest)
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://registry')
    if (url.pathname === '/token') return void response.end('{"token":"t"}')
    if (request.headers.authorization !== 'Bearer t') {
      const realm = `http://${request.headers.host}/token`
      return void response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="s"` }).end()
    }
    const content = contents.get(url.pathname)
    response.writeHead(content === undefined ? 404 : 200).end(content)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  try {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'compose-oci-'))
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const env = { HOME: folder.path, TSC_COMPOSE_ROOT: join(folder.path, 'root') }
    const load = (tag: string) =>
      loadProject({ cwd: folder.path, env, files: [`oci://127.0.0.1:${port}/team/shop:${tag}`], projectName: 'p' })
    const { services } = await load('v1')
    assert.deepEqual(Object.keys(services).sort(), ['a', 'b'])
    await assert.rejects(
      load('v2'),
      /failed to pull OCI resource "127.0.0.1:\d+\/team\/shop:v2": pull access denied for/,
    )
  } finally {
    server.close()
  }
})
