// POST /build as any client may ask for it: what its parameters do, seen in the kernel and in the image, and what is
// refused by name.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { tarOf } from './archives.ts'
import { build } from './builds.ts'
import { startEngine, type TestEngine } from './engine-process.ts'
import { importBusybox } from './run.ts'

let engine: TestEngine
before(async () => {
  engine = await startEngine()
  await engine.docker.negotiate()
  await importBusybox(engine)
})
after(() => engine[Symbol.asyncDispose]())

type Query = Record<string, string | number | boolean>

async function classic(dockerfile: string, query: Query = {}): Promise<string> {
  const tar = Readable.from([tarOf([{ name: 'Dockerfile', body: dockerfile }])])
  const lines = (await text(await engine.docker.buildImage(tar, { query }))).trim().split('\r\n')
  return lines.map(line => (JSON.parse(line) as { stream?: string; error?: string }).stream ?? line).join('')
}

for (const [name, value] of [
  ['squash', true],
  ['outputs', '[{"Type":"tar"}]'],
  ['isolation', 'hyperv'],
  ['cpusetmems', '0'],
] as const)
  test(`${name} is refused by name`, async () => {
    await assert.rejects(classic('FROM busybox', { [name]: value }), {
      code: 'not_implemented',
      message: new RegExp(name),
    })
  })

test('limits of memory and of processors hold for what RUN starts', async () => {
  const old = '/sys/fs/cgroup/'
  const dockerfile = `FROM busybox
RUN of() { cat ${old}$1 2>/dev/null || cat ${old}$2; }; \\
    echo memory $(of memory/memory.limit_in_bytes memory.max); \\
    echo swap $(of memory/memory.memsw.limit_in_bytes memory.swap.max); \\
    echo shares $(of cpu/cpu.shares cpu.weight); \\
    echo quota $(of cpu/cpu.cfs_quota_us cpu.max); \\
    grep Cpus_allowed_list /proc/self/status`
  const said = await classic(dockerfile, {
    memory: 64 << 20,
    memswap: 96 << 20,
    cpushares: 512,
    cpuquota: 50_000,
    cpuperiod: 100_000,
    cpusetcpus: '0',
  })
  const isV1 = !existsSync('/sys/fs/cgroup/cgroup.controllers')
  assert.match(said, new RegExp(`memory ${64 << 20}\n`))
  // v2 counts what is beyond memory, and weighs processors by another scale.
  assert.match(said, new RegExp(`swap ${(isV1 ? 96 : 32) << 20}\n`))
  assert.match(said, isV1 ? /shares 512\n/ : /shares \d+\n/)
  assert.match(said, /quota 50000(?: 100000)?\n/)
  assert.match(said, /Cpus_allowed_list:\s0\n/)
})

test('a context may be at an address: a Dockerfile, or an archive of more', async t => {
  const served = new Map<string, Buffer>([
    ['/Dockerfile', Buffer.from('FROM busybox\nRUN echo of the file')],
    [
      '/context.tar',
      tarOf([
        { name: 'own', body: 'FROM busybox\nCOPY f /f\nRUN cat /f' },
        { name: 'f', body: 'of the archive\n' },
      ]),
    ],
  ])
  const server = createServer(({ url = '' }, response) => {
    const found = served.get(url)
    response.writeHead(found ? 200 : 404).end(found)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  // A server that listens on TCP has an address with a port.
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  assert.match(await classic('FROM none', { remote: `${at}/Dockerfile` }), /\nof the file\n/)
  assert.match(await classic('FROM none', { remote: `${at}/context.tar`, dockerfile: 'own' }), /\nof the archive\n/)
  await assert.rejects(classic('FROM none', { remote: `${at}/nothing` }), /can't fetch the build context: .*404/)
})

test('no_cache_filter builds the stages that it names anew, and no others', async () => {
  const wanted = {
    DockerfileInline: 'FROM busybox AS base\nRUN echo base\nFROM base AS mid\nRUN echo mid\nFROM mid\nRUN echo last',
  }
  await build(engine, wanted)
  const outcomes = async (...NoCacheFilter: string[]) => {
    const { steps } = await build(engine, { ...wanted, NoCacheFilter })
    return steps.filter(step => step.includes('RUN')).map(step => step.replace(/^.*RUN echo (\w+): (\w+)$/, '$1 $2'))
  }
  assert.deepEqual(await outcomes('mid'), ['base cached', 'mid done', 'last cached'])
  assert.deepEqual(await outcomes('BASE', '2'), ['base done', 'mid cached', 'last done'])
})

test('prune keeps as many bytes of the cache as it is told to, those used last', async () => {
  const sized = (name: string) => ({
    DockerfileInline: `FROM busybox\nRUN head -c 1000000 /dev/zero | tr '\\0' ${name} > /${name}`,
  })
  for (const name of ['a', 'b', 'c']) {
    const { id = '' } = await build(engine, sized(name))
    await engine.docker.getImage(id).remove()
  }
  const kept = async () => {
    const { BuildCache = [] } = await engine.docker.df({ type: ['build-cache'] })
    return BuildCache.flatMap(({ Description = '' }) => /> \/([abc])$/.exec(Description)?.[1] ?? []).sort()
  }
  assert.deepEqual(await kept(), ['a', 'b', 'c'])
  await engine.docker.pruneBuilds({ all: true, 'keep-storage': 2_500_000 })
  assert.deepEqual(await kept(), ['b', 'c'])
  await engine.docker.pruneBuilds({ all: true, 'reserved-space': 1_500_000 })
  assert.deepEqual(await kept(), ['c'])
})
