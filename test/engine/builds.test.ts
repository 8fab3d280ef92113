// Dockerfiles, each for a rule: what is in the image, what its configuration says, and what is built again.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { WantedBuild } from '../../src/docker/protocol/extensions.ts'
import { chainIds } from '../../src/engine/images/layers.ts'
import { build, contextOf, type Files } from './builds.ts'
import { dockerfiles } from './dockerfiles.ts'
import { startEngine, type TestEngine, until } from './engine-process.ts'
import { importBusybox, run } from './run.ts'

let engine: TestEngine
before(async () => {
  engine = await startEngine()
  await engine.docker.negotiate()
  await importBusybox(engine)
})
after(() => engine[Symbol.asyncDispose]())

/** What a program finds where its image says nothing. */
const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

async function serve(answer: RequestListener) {
  const server = createServer(answer)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  // A server that listens on a port.
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => new Promise<void>(resolve => server.close(() => resolve()).closeAllConnections()),
  }
}

/** Builds a Dockerfile on BusyBox, and returns what a shell in the image says. */
async function inside(
  dockerfile: string,
  script: string,
  files: Files = {},
  wanted: WantedBuild = {},
): Promise<string> {
  const built = await build(engine, { Context: contextOf({ ...files, Dockerfile: dockerfile }), ...wanted })
  assert.equal(built.error, undefined, `${built.error?.message}\n${built.output}`)
  if (script === '') return ''
  const said = await run(engine, { Image: built.id ?? '', Entrypoint: ['sh', '-c'], Cmd: [script] })
  assert.equal(said.stderr, '')
  return said.stdout.trimEnd()
}

async function configOf(dockerfile: string, wanted: WantedBuild = {}, files: Files = {}) {
  const built = await build(engine, { Context: contextOf({ ...files, Dockerfile: dockerfile }), ...wanted })
  assert.equal(built.error?.message, undefined)
  return engine.docker.getImage(built.id ?? '').inspect()
}

const failure = async (dockerfile: string, files: Files = {}, wanted: WantedBuild = {}) => {
  const { error } = await build(engine, { Context: contextOf({ ...files, Dockerfile: dockerfile }), ...wanted })
  assert.ok(error, 'it was built')
  return error
}

for (const [name, dockerfile, script, expected, files = {}, wanted = {}] of dockerfiles) {
  if (name === 'COPY keeps links in what it copies') {
    test(name, async () => {
      const folder = contextOf({ Dockerfile: dockerfile, 'd/f': '' })
      symlinkSync('f', join(folder, 'd/l'))
      assert.equal(await inside(dockerfile, script, {}, { Context: folder }), expected)
    })
  } else if (name === 'a context of its own by name') {
    test(name, async () => {
      const other = contextOf({ f: 'F' })
      assert.equal(await inside(dockerfile, script, files, { Contexts: { other } }), expected)
    })
  } else test(name, async () => assert.equal(await inside(dockerfile, script, files, wanted), expected))
}

test('the configuration of an image', async () => {
  const { Config, Author } = await configOf(
    [
      'FROM busybox',
      'MAINTAINER me',
      'ENV A=1 B="two words"',
      'LABEL a.b="c d" e=f',
      'EXPOSE 80 53/udp 8000-8001',
      'VOLUME ["/v", "/w"]',
      'STOPSIGNAL SIGINT',
      'USER app',
      'WORKDIR /w',
      'HEALTHCHECK --interval=2s --retries=3 CMD test -e /x',
      'ENTRYPOINT ["/bin/echo"]',
      'CMD hello $A',
      'ONBUILD RUN true',
    ].join('\n'),
    { Labels: { e: 'g' } },
  )
  assert.equal(Author, 'me')
  assert.deepEqual(Config, {
    Env: [`PATH=${systemPath}`, 'A=1', 'B=two words'],
    Labels: { 'a.b': 'c d', e: 'g' },
    ExposedPorts: { '80/tcp': {}, '53/udp': {}, '8000/tcp': {}, '8001/tcp': {} },
    Volumes: { '/v': {}, '/w': {} },
    StopSignal: 'SIGINT',
    User: 'app',
    WorkingDir: '/w',
    Healthcheck: { Test: ['CMD-SHELL', 'test -e /x'], Interval: 2e9, Retries: 3 },
    Entrypoint: ['/bin/echo'],
    Cmd: ['/bin/sh', '-c', 'hello $A'],
    OnBuild: ['RUN true'],
  })
})

test('a base without PATH gets the usual one, so that ENV can add to it', async () => {
  const { Config } = await configOf('FROM busybox\nENV PATH=$PATH:/more')
  assert.deepEqual(Config?.Env, [`PATH=${systemPath}:/more`])
})

test("a new entrypoint takes the base's command away, not the stage's own", async () => {
  assert.equal((await configOf('FROM busybox\nENTRYPOINT ["a"]')).Config?.Cmd, undefined)
  assert.deepEqual((await configOf('FROM busybox\nCMD ["b"]\nENTRYPOINT ["a"]')).Config?.Cmd, ['b'])
})

test('the target ends the build, and stages that it does not need are not built', async () => {
  const dockerfile =
    'FROM busybox AS one\nRUN echo one\nFROM busybox AS two\nRUN exit 1\nFROM one AS three\nRUN echo three'
  const folder = contextOf({ Dockerfile: dockerfile })
  const built = await build(engine, { Context: folder, Target: 'THREE' })
  assert.equal(built.error, undefined)
  assert.ok(built.steps.every(step => !step.includes('two')))
  assert.match((await build(engine, { Context: folder, Target: 'thre' })).error?.hint ?? '', /did you mean three/)
})

test('an unchanged build does nothing and is the same image, a changed file only what follows it', async () => {
  const dockerfile = 'FROM busybox\nRUN date +%N > /n\nWORKDIR /w\nCOPY a .\nRUN cat a > b\nCOPY c /c'
  const folder = contextOf({ Dockerfile: dockerfile, a: '1', c: '1' })
  const ends = (steps: string[]) => steps.map(step => step.replace(/^.*: /, ''))
  const first = await build(engine, { Context: folder })
  const second = await build(engine, { Context: folder })
  assert.deepEqual(ends(second.steps), ['cached', 'cached', 'cached', 'cached', 'cached', 'cached'])
  assert.equal(second.id, first.id)
  // Another time is not another file.
  utimesSync(join(folder, 'a'), 1000, 1000)
  assert.equal((await build(engine, { Context: folder })).id, first.id)
  writeFileSync(join(folder, 'c'), '2')
  assert.deepEqual(ends((await build(engine, { Context: folder })).steps), [
    'cached',
    'cached',
    'cached',
    'cached',
    'cached',
    'done',
  ])
  writeFileSync(join(folder, 'a'), '2')
  assert.deepEqual(ends((await build(engine, { Context: folder })).steps), [
    'cached',
    'cached',
    'cached',
    'done',
    'done',
    'done',
  ])
  const fresh = await build(engine, { Context: folder, NoCache: true })
  assert.deepEqual(ends(fresh.steps).slice(1), ['done', 'done', 'done', 'done', 'done'])
})

test("a layer's size is known when it is made; where nobody has noted it the files are counted", async () => {
  const { Id, RootFS } = await configOf(`FROM busybox
RUN mkdir /sized && printf 12345 > /sized/a && ln /sized/a /sized/b && printf 123 > /sized/c && ln -s c /sized/d`)
  const chain = chainIds(RootFS?.Layers ?? []).at(-1) ?? ''
  const note = join(engine.root, 'layers', chain.replace('sha256:', ''), 'size')
  assert.equal(readFileSync(note, 'utf8'), '8')
  const sizes = async () => (await engine.docker.getImage(Id ?? '').history()).map(({ Size }) => Size)
  const noted = await sizes()
  assert.equal(noted[0], 8)
  rmSync(note)
  assert.deepEqual(await sizes(), noted)
})

test('the same files make the same layers', async () => {
  const dockerfile = 'FROM busybox\nWORKDIR /a/b\nCOPY d c/\nADD <<x /y/z/\nX\nx'
  const layers = async () => {
    const folder = contextOf({ Dockerfile: dockerfile, 'd/e/f': 'F', 'd/g': 'G' })
    for (const path of ['d/e/f', 'd/g', 'd/e', 'd']) utimesSync(join(folder, path), 1e9, 1e9)
    const built = await build(engine, { Context: folder, NoCache: true, Args: { SOURCE_DATE_EPOCH: '1000000000' } })
    assert.equal(built.error?.message, undefined)
    const { RootFS, Created } = await engine.docker.getImage(built.id ?? '').inspect()
    return { layers: RootFS?.Layers, id: built.id, created: Created }
  }
  const [one, two] = [await layers(), await layers()]
  assert.deepEqual(one, two)
  assert.equal(one.created, '2001-09-09T01:46:40.000Z')
})

test('copied folders have the times of their source, those that are made on the way that of the base', async () => {
  const folder = contextOf({ Dockerfile: 'FROM busybox\nCOPY d /made/c/', 'd/e/f': 'F' })
  for (const path of ['d/e/f', 'd/e', 'd']) utimesSync(join(folder, path), 1e9, 1e9)
  const { id = '' } = await build(engine, { Context: folder })
  const script = 'stat -c "%n %Y" /made /made/c /made/c/e /made/c/e/f'
  const { stdout } = await run(engine, { Image: id, Entrypoint: ['sh', '-c'], Cmd: [script] })
  const { Created } = await engine.docker.getImage('busybox').inspect()
  const base = Math.floor(Date.parse(Created ?? '') / 1000)
  assert.equal(stdout, `/made ${base}\n/made/c ${base}\n/made/c/e 1000000000\n/made/c/e/f 1000000000\n`)
})

test('two builds of the same at once share the work', async () => {
  const folder = contextOf({ Dockerfile: 'FROM busybox\nRUN sleep 0.3; cat /proc/sys/kernel/random/uuid > /n' })
  const [one, two] = await Promise.all([build(engine, { Context: folder }), build(engine, { Context: folder })])
  assert.equal(one.id, two.id)
})

test('a step that fails: where it stands, what it wrote, its code, and nothing is left', async () => {
  const error = await failure('FROM busybox\n\nRUN echo out; echo err >&2; exit 3\nCMD a')
  assert.match(
    error.message,
    /^process "\/bin\/sh -c echo out; echo err >&2; exit 3" did not complete successfully: exit code: 3$/,
  )
  assert.match(error.path ?? '', /\/Dockerfile:3$/)
  const { exitCode, output, source } = error.details as { exitCode: number; output: string[]; source: string[] }
  assert.equal(exitCode, 3)
  assert.deepEqual(output.sort(), ['err', 'out'])
  assert.equal(source[2], '   3 | >>> RUN echo out; echo err >&2; exit 3')
  assert.deepEqual(readdirSync(join(engine.root, 'staging')), [])
  assert.deepEqual(await engine.docker.listContainers({ all: true }), [])
})

for (const [name, dockerfile, message, more] of [
  ['a file that is not there', 'FROM busybox\nCOPY nothing /', /"\/nothing": not found/, /Dockerfile:2$/],
  ['a pattern that matches nothing', 'FROM busybox\nCOPY *.nothing /', /"\/\*\.nothing": not found/, /Dockerfile:2$/],
  [
    'several sources into no folder',
    'FROM busybox\nCOPY Dockerfile Dockerfile /x',
    /the destination must be a directory/,
    /Dockerfile:2$/,
  ],
  [
    'a user that nobody has',
    'FROM busybox\nCOPY --chown=nobody2 Dockerfile /',
    /unable to find user nobody2/,
    /Dockerfile:2$/,
  ],
  [
    'a kind of mount that there is not',
    'FROM busybox\nRUN --mount=type=cash,target=/a true',
    /unsupported mount type "cash"/,
    /Dockerfile:2$/,
  ],
  [
    'an option of a mount that there is not',
    'FROM busybox\nRUN --mount=type=cache,targt=/a true',
    /unexpected key 'targt'/,
    /Dockerfile:2$/,
  ],
  [
    'a secret that is required',
    'FROM busybox\nRUN --mount=type=secret,id=s,required true',
    /secret s: not found/,
    /Dockerfile:2$/,
  ],
  [
    'more rights than the build has',
    'FROM busybox\nRUN --security=insecure true',
    /security\.insecure is not allowed/,
    /Dockerfile:2$/,
  ],
  [
    'a stage that comes later',
    'FROM busybox AS a\nCOPY --from=1 /x /\nFROM a AS b',
    /invalid from flag value 1/,
    /Dockerfile:2$/,
  ],
  ['a port that is none', 'FROM busybox\nEXPOSE 99999', /invalid containerPort: 99999/, /Dockerfile:2$/],
  [
    'a folder over a link',
    'FROM busybox AS a\nRUN mkdir -p /s/l\nFROM busybox\nRUN ln -s /tmp /l\nCOPY --from=a /s /',
    /cannot copy to non-directory: \/l/,
    /Dockerfile:5$/,
  ],
  ['a mode that is none', 'FROM busybox\nCOPY --chmod=abc Dockerfile /', /invalid file mode "abc"/, /Dockerfile:2$/],
  ['a variable that must be set', `FROM busybox\nARG A\nWORKDIR /\${A:?is needed}`, /A: is needed/, /Dockerfile:3$/],
] as const)
  test(`refused: ${name}`, async () => {
    const error = await failure(dockerfile)
    assert.match(error.message, message)
    assert.match(error.path ?? '', more)
  })

test('privileged is what it is allowed to be', async () => {
  const dockerfile =
    'FROM busybox\nRUN --security=insecure grep CapEff /proc/self/status | cut -f2 > /a\nRUN grep CapEff /proc/self/status | cut -f2 >> /a'
  const said = await inside(dockerfile, 'cat /a', {}, { Entitlements: ['security.insecure'] })
  const [insecure = '', plain = ''] = said.split('\n')
  assert.ok(BigInt(`0x${insecure}`) > BigInt(`0x${plain}`))
})

test('ADD of an address, with its digest', async () => {
  await using server = await serve((_, response) =>
    response.setHeader('Last-Modified', new Date(1e12).toUTCString()).end('content'),
  )
  const url = `${server.url}/f.txt`
  const digest = 'sha256:ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73'
  assert.equal(
    await inside(`FROM busybox\nADD --checksum=${digest} ${url} /d/`, 'cat /d/f.txt; stat -c %a:%Y /d/f.txt'),
    'content600:1000000000',
  )
  const error = await failure(`FROM busybox\nADD --checksum=sha256:${'0'.repeat(64)} ${url} /d/`)
  assert.match(error.message, /digest mismatch/)
})

test('ADD of an address takes the bytes that are sent, whatever encoding the server tells of', async () => {
  const packed = gzipSync('content')
  await using server = await serve((_, response) => response.setHeader('Content-Encoding', 'gzip').end(packed))
  const digest = `sha256:${createHash('sha256').update(packed).digest('hex')}`
  const dockerfile = `FROM busybox\nADD --checksum=${digest} ${server.url}/f.gz /f.gz`
  assert.equal(await inside(dockerfile, 'zcat /f.gz'), 'content')
})

test('a context may be the address of a Dockerfile; one that is not there is told with its address', async () => {
  await using server = await serve(({ url }, response) =>
    response.writeHead(url === '/f' ? 200 : 404).end('FROM busybox\nRUN echo fetched > /a\n'),
  )
  const built = await build(engine, { Context: `${server.url}/f` })
  assert.equal(built.error, undefined)
  const missing = await build(engine, { Context: `${server.url}/nothing` })
  assert.equal(missing.error?.message, `can't fetch the build context: ${server.url}/nothing: the server answers 404`)
})

test('a step can not reach the host: links of an image lead nowhere else', async () => {
  const outside = contextOf({ secret: 'host' })
  const dockerfile = `FROM busybox AS one\nRUN ln -s ${outside} /out && ln -s ../../../../../..${outside} /up\nFROM one\nCOPY f /out/f\nCOPY f /up/g`
  const said = await inside(dockerfile, `ls ${outside}`, { f: 'x' })
  assert.equal(said, 'f\ng')
  assert.deepEqual(readdirSync(outside), ['secret'])
  const error = await failure(
    `FROM busybox AS one\nRUN ln -s ${outside}/secret /s\nFROM busybox\nCOPY --from=one /s /s`,
  )
  assert.match(error.message, /"\/s": not found/)
})

test('a build that nobody waits for any more ends, with all that it runs', async () => {
  const folder = contextOf({ Dockerfile: 'FROM busybox\nRUN echo begun; sleep 1000' })
  const stop = new AbortController()
  const stream = await engine.docker.buildFrom({ Context: folder }, { abortSignal: stop.signal })
  await assert.rejects(async () => {
    for await (const chunk of stream) if (String(chunk).includes('begun\\n')) stop.abort()
  })
  await until(() => readdirSync(join(engine.root, 'containers')).length === 0, 'the end of the step')
  await until(() => readdirSync(join(engine.root, 'staging')).length === 0, 'the end of the build')
})

test('kill -9 in the middle of a step leaves nothing, and the cache goes on', async () => {
  const folder = contextOf({
    Dockerfile: 'FROM busybox\nRUN echo first > /a\nRUN --mount=from=busybox,target=/b echo begun; sleep 1000',
  })
  const stream = await engine.docker.buildFrom({ Context: folder })
  const begun = Promise.withResolvers<void>()
  const ended = (async () => {
    for await (const chunk of stream) if (String(chunk).includes('begun\\n')) begun.resolve()
  })().catch(() => {})
  await begun.promise
  await engine.crash()
  await ended
  await engine.docker.negotiate()
  await until(() => readdirSync(join(engine.root, 'containers')).length === 0, 'the end of the step')
  assert.deepEqual(readdirSync(join(engine.root, 'staging')), [])
  writeFileSync(join(folder, 'Dockerfile'), 'FROM busybox\nRUN echo first > /a\nRUN echo second > /b')
  const built = await build(engine, { Context: folder })
  assert.deepEqual(
    built.steps.map(step => step.replace(/^.*: /, '')),
    ['cached', 'cached', 'done'],
  )
})

test('pruned, the cache is gone and images are whole', async () => {
  const folder = contextOf({
    Dockerfile: 'FROM busybox\nRUN echo kept > /a\nRUN --mount=type=cache,target=/c touch /c/x',
  })
  const { id = '' } = await build(engine, { Context: folder, Tags: ['kept:1'] })
  const unused = await build(engine, { Context: contextOf({ Dockerfile: 'FROM busybox\nRUN echo unused > /a' }) })
  await engine.docker.getImage(unused.id ?? '').remove()
  const { BuildCache = [] } = await engine.docker.df({ type: ['build-cache'] })
  assert.ok(BuildCache.some(({ Description, InUse }) => Description === 'RUN echo kept > /a' && InUse))
  assert.ok(BuildCache.some(({ Type }) => Type === 'exec.cachemount'))
  const { SpaceReclaimed = 0 } = await engine.docker.pruneBuilds({ all: true })
  assert.ok(SpaceReclaimed > 0)
  assert.equal(
    existsSync(join(engine.root, 'build/mounts')) ? readdirSync(join(engine.root, 'build/mounts')).length : 0,
    0,
  )
  assert.equal((await run(engine, { Image: id, Cmd: ['cat', '/a'] })).stdout, 'kept\n')
  const again = await build(engine, { Context: folder })
  assert.deepEqual(
    again.steps.map(step => step.replace(/^.*: /, '')),
    ['cached', 'done', 'done'],
  )
})

test('20,000 files are one step', async () => {
  const folder = contextOf({ Dockerfile: 'FROM busybox\nCOPY . /p' })
  for (let index = 0; index < 200; index++) {
    mkdirSync(join(folder, `d${index}`))
    for (let file = 0; file < 100; file++) writeFileSync(join(folder, `d${index}/f${file}`), `${index} ${file}`)
  }
  assert.equal(await inside('FROM busybox', 'find /p -type f | wc -l', {}, { Context: folder }), '20001')
})
