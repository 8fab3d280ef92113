// Builds that are cut off, that meet one another, or whose files change under them: nothing is left, nothing is wrong in
// the cache, and the engine goes on.
import assert from 'node:assert/strict'
import { chmodSync, existsSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import type { WantedBuild } from '../../src/docker/protocol/extensions.ts'
import { copyIn } from '../../src/engine/build/copying.ts'
import { canRun } from '../../src/engine/kernel/foreign-programs.ts'
import { build, contextOf, type Files } from './builds.ts'
import { startEngine, type TestEngine, until } from './engine-process.ts'
import { importBusybox, run } from './run.ts'

let engine: TestEngine
before(async () => {
  engine = await startEngine()
  await engine.docker.negotiate()
  await importBusybox(engine)
})
after(() => engine[Symbol.asyncDispose]())

const context = (dockerfile: string, files: Files = {}): string => contextOf({ ...files, Dockerfile: dockerfile })

/** Builds until `text` is told, and hangs up then. */
async function cutOff(wanted: WantedBuild, text: string, stop = new AbortController()): Promise<void> {
  const stream = await engine.docker.buildFrom(wanted, { abortSignal: stop.signal })
  await assert.rejects(async () => {
    for await (const chunk of stream) if (String(chunk).includes(text)) stop.abort()
  })
}

test('a build that is cut off while its step is being started harms nobody', async () => {
  const pid = engine.pid()
  for (let round = 0; round < 5; round++) {
    const folder = context(`FROM busybox\nRUN echo ${round}; sleep 1000`)
    await cutOff({ Context: folder }, `RUN echo ${round}`)
    await until(() => readdirSync(join(engine.root, 'staging')).length === 0, 'the end of the build')
  }
  assert.equal(engine.pid(), pid)
  assert.deepEqual(readdirSync(join(engine.root, 'containers')), [])
})

const succeed = async (wanted: WantedBuild) => {
  const built = await build(engine, wanted)
  assert.equal(built.error?.message, undefined)
  return built
}
/** What is in /a of the image that is built. */
async function answer(wanted: WantedBuild): Promise<string> {
  const { id = '' } = await succeed(wanted)
  return (await run(engine, { Image: id, Cmd: ['cat', '/a'] })).stdout.trim()
}

test('a private cache mount is one step’s at a time, whoever builds', async () => {
  const step = 'RUN --mount=type=cache,id=own,sharing=private,target=/c'
  // They meet in another one.
  const folder = (name: string) =>
    context(
      `FROM busybox\n${step} --mount=type=cache,id=meet,target=/m touch /c/${name} /m/${name}; until test -e /m/one -a -e /m/two; do sleep 0.02; done; ls /c > /a`,
    )
  const [one, two] = await Promise.all(['one', 'two'].map(name => answer({ Context: folder(name) })))
  assert.deepEqual([one, two].sort(), ['one', 'two'])
})

test('a cache mount that begins as a folder of an image is there as a whole or not at all', async () => {
  const step = 'RUN --mount=type=cache,id=seeded,from=base,source=/many,target=/c ls /c | wc -l > /a'
  const dockerfile = [
    'FROM busybox AS base',
    'RUN mkdir /many && cd /many && for i in $(seq 3000); do echo $i > $i; done',
    'FROM busybox AS one',
    step,
    'FROM busybox AS two',
    `${step}; echo`,
    'FROM busybox',
    'COPY --from=one /a /one',
    'COPY --from=two /a /two',
    'RUN cat /one /two > /a',
  ]
  assert.equal(await answer({ Context: context(dockerfile.join('\n')) }), '3000\n3000')
})

test('a cache mount has the mode and the owner that are asked for, whatever another of its id has', async () => {
  const step = (more: string) => `RUN --mount=type=cache,id=owned,target=/c${more} stat -c %a:%u:%g /c >> /a`
  const dockerfile = `FROM busybox\n${step('')}\n${step(',mode=0770,uid=5,gid=6')}`
  assert.equal(await answer({ Context: context(dockerfile) }), '755:0:0\n770:5:6')
})

test('a cache mount that a step has is not pruned', async () => {
  const folder = context(
    'FROM busybox\nRUN --mount=type=cache,id=used,target=/c touch /c/x; echo begun; until test -e /c/go; do sleep 0.05; done; ls /c > /a',
  )
  const stream = await engine.docker.buildFrom({ Context: folder, Tags: ['pruned:1'] })
  for await (const chunk of stream) {
    if (!String(chunk).includes('begun\\n')) continue
    const [name = ''] = readdirSync(join(engine.root, 'build/mounts')).filter(
      one =>
        existsSync(join(engine.root, 'build/mounts', one, 'x')) &&
        !existsSync(join(engine.root, 'build/mounts', one, 'go')),
    )
    await engine.docker.pruneBuilds({ all: true })
    writeFileSync(join(engine.root, 'build/mounts', name, 'go'), '')
  }
  assert.equal((await run(engine, { Image: 'pruned:1', Cmd: ['cat', '/a'] })).stdout, 'go\nx\n')
})

test('what a step can see of its surroundings is part of what it is made of', async () => {
  const folder = context(
    'FROM busybox\nRUN grep -c somewhere /etc/hosts > /a; ulimit -n >> /a; df -k /dev/shm | tail -1 | tr -s " " | cut -d" " -f2 >> /a',
  )
  const limits = { Ulimits: [{ Name: 'nofile', Soft: 100, Hard: 100 }], ShmSize: 2 * 1024 * 1024 }
  const plain = await answer({ Context: folder })
  assert.equal(await answer({ Context: folder, ...limits, ExtraHosts: ['somewhere:10.9.8.7'] }), '1\n100\n2048')
  assert.equal(await answer({ Context: folder }), plain)
  assert.match(plain, /^0\n/)
})

test('another mode of a secret is another step', async () => {
  const folder = (mode: string) =>
    context(`FROM busybox\nRUN --mount=type=secret,id=s,target=/s,mode=${mode} stat -c %a /s > /a`)
  const Secrets = { s: '' }
  assert.equal(await answer({ Context: folder('0444'), Secrets }), '444')
  assert.equal(await answer({ Context: folder('0400'), Secrets }), '400')
})

test('an agent of ssh is reached by whom its mount is for', async () => {
  const socket = join(dirname(context('')), 'agent')
  const server = createServer()
  await new Promise<void>(resolve => server.listen(socket, resolve))
  chmodSync(socket, 0o600)
  try {
    const dockerfile = `FROM busybox\nRUN touch /a && chown app /a\nUSER app\nRUN --mount=type=ssh,uid=1000,mode=0640 stat -c %a:%u $SSH_AUTH_SOCK > /a; test -w $SSH_AUTH_SOCK && echo mine >> /a`
    assert.equal(await answer({ Context: context(dockerfile), Ssh: { default: socket } }), '640:1000\nmine')
  } finally {
    server.close()
  }
})

test('yes and no of a mount are said as such', async () => {
  const { error } = await build(engine, {
    Context: context('FROM busybox\nRUN --mount=type=secret,id=s,required=yes true'),
  })
  assert.match(error?.message ?? '', /invalid value for required: yes/)
})

test('a stage that fails ends what is built beside it, and is what is told', async () => {
  const dockerfile = 'FROM busybox AS bad\nRUN exit 7\nFROM busybox\nRUN sleep 1000\nCOPY --from=bad /a /a'
  const { error, steps } = await build(engine, { Context: context(dockerfile) })
  assert.match(error?.message ?? '', /exit code: 7/)
  assert.match(error?.path ?? '', /Dockerfile:2$/)
  assert.ok(steps.some(step => step.endsWith('RUN sleep 1000: canceled')))
})

test('a build that waits for another’s step ends when nobody waits for it any more', async () => {
  const folder = context('FROM busybox\nRUN echo waited for; sleep 1000')
  const first = new AbortController()
  const running = cutOff({ Context: folder }, 'never told', first)
  await until(() => readdirSync(join(engine.root, 'containers')).length === 1, 'the step')
  await cutOff({ Context: folder }, 'RUN echo waited for')
  // The second has gone, the first is still there.
  await until(() => readdirSync(join(engine.root, 'staging')).length === 1, 'the end of the second build')
  assert.equal(readdirSync(join(engine.root, 'containers')).length, 1)
  first.abort()
  await running
  await until(() => readdirSync(join(engine.root, 'staging')).length === 0, 'the end of the first build')
})

test('a file that is saved while it is copied is never taken for what it was', async () => {
  // The mount's digest is made before the step, which saves another content meanwhile.
  const folder = context(
    'FROM busybox\nRUN --mount=target=/ctx cat /ctx/f > /a; echo begun; until test -e /ctx/go; do sleep 0.02; done',
    {
      f: 'old\n',
    },
  )
  const stream = await engine.docker.buildFrom({ Context: folder })
  for await (const chunk of stream)
    if (String(chunk).includes('begun\\n')) {
      writeFileSync(join(folder, 'f'), 'new\n')
      writeFileSync(join(folder, 'go'), '')
    }
  rmSync(join(folder, 'go'))
  writeFileSync(join(folder, 'f'), 'old\n')
  writeFileSync(join(folder, 'Dockerfile'), 'FROM busybox\nRUN --mount=target=/ctx cat /ctx/f > /a')
  assert.equal(await answer({ Context: folder }), 'old')
})

test('what was copied tells how its files looked, and a saved one looks otherwise', async () => {
  const folder = context('', { a: '1', b: '2' })
  const source = { source: folder, selection: { sources: ['.'], ignored: [], excluded: [], parents: false } }
  const worker = new URL('../../dist/copy.worker.js', import.meta.url)
  const target = {
    root: context(''),
    options: {
      destination: '/to/',
      owner: undefined,
      mode: undefined,
      attributes: false,
      madeAt: 0,
      time: undefined,
      several: true,
    },
  }
  const read = await copyIn(worker, { ...source, digest: { owners: false, attributes: false } })
  assert.equal((await copyIn(worker, { ...source, target })).stamp, read.stamp)
  writeFileSync(join(folder, 'b'), '3')
  assert.notEqual((await copyIn(worker, { ...source, target })).stamp, read.stamp)
})

test('a context of its own stands for the image and for the stage of its name', async () => {
  const base = await succeed({ Context: context('FROM busybox\nRUN echo other > /a'), Tags: ['other:1'] })
  assert.ok(base.id)
  const Contexts = { 'docker.io/library/thing:latest': 'docker-image://other:1', one: context('', { a: 'folder' }) }
  assert.equal(await answer({ Context: context('FROM thing\nRUN true'), Contexts }), 'other')
  const staged = context('FROM busybox AS one\nRUN exit 1\nFROM busybox\nCOPY --from=one /a /a')
  assert.equal(await answer({ Context: staged, Contexts }), 'folder')
  const { error } = await build(engine, { Context: staged, Contexts: { one: 'oci-layout:///x' } })
  assert.match(error?.message ?? '', /the context one: oci-layout:\/\/\/x is of no kind/)
})

test('a name that is not UTF-8 is refused, not left out', async () => {
  const folder = context('FROM busybox\nCOPY . /p')
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0x66, 0xe9])]), '')
  const { error } = await build(engine, { Context: folder })
  assert.match(error?.message ?? '', /a name that is not UTF-8 can't be copied/)
})

test('folders that are copied have the times that they had', async () => {
  const folder = context('FROM busybox\nWORKDIR /w\nCOPY d c/\nRUN stat -c %Y c/e c/e/f > /a', { 'd/e/f': 'F' })
  for (const path of ['d/e/f', 'd/e']) utimesSync(join(folder, path), 1e9, 1e9)
  assert.equal(await answer({ Context: folder }), '1000000000\n1000000000')
})

test('for another platform files are put together; what would have to run there is refused by name', async () => {
  const foreign = process.arch === 'arm64' ? 'linux/amd64' : 'linux/arm64'
  const files =
    'FROM --platform=$BUILDPLATFORM busybox AS made\nRUN echo made > /a\nFROM scratch\nCOPY --from=made /a /a\n'
  const { id = '' } = await succeed({ Context: context(`${files}CMD ["/a"]`), Platform: foreign })
  const { Os, Architecture } = await engine.docker.getImage(id).inspect()
  assert.equal(`${Os}/${Architecture}`, foreign)
  if (canRun({ os: 'linux', architecture: foreign.slice(6) })) return
  const { error } = await build(engine, { Context: context(`${files}RUN ["/a"]`), Platform: foreign })
  assert.match(error?.message ?? '', new RegExp(`^RUN needs programs of ${foreign}, and this machine runs linux/`))
  assert.match(error?.path ?? '', /Dockerfile:5$/)
})
