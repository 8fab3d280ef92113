// The probe's findings in a default container against those recorded on a real Docker Engine (test/confinement):
// nothing may be open here that is closed there.
import assert from 'node:assert/strict'
import { readFileSync, readlinkSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { type Findings, importProbe, probe } from '../confinement/probe.ts'
import { startEngine, type TestEngine } from './engine-process.ts'

const path = new URL(`../confinement/docker.${process.arch}.json`, import.meta.url)
// What test/confinement/record.ts wrote.
const { findings: docker } = JSON.parse(readFileSync(path, 'utf8')) as { findings: Findings }

let engine: TestEngine
before(async () => {
  engine = await startEngine()
  await importProbe(engine.docker)
})
after(() => engine[Symbol.asyncDispose]())

for (const Runtime of ['crun', 'runc']) {
  test(`${Runtime}: a default container is confined at least as Docker's`, async t => {
    const ours = await probe(engine.docker, { HostConfig: { Runtime } })
    const section = (name: string) => {
      const [own, theirs] = [ours[name] ?? {}, docker[name] ?? {}]
      assert.ok(Object.keys(own).length >= Object.keys(theirs).length * 0.9, `${name} was looked at`)
      return { own, theirs }
    }

    await t.test('capabilities, ids, no descriptors', () => {
      const { own, theirs } = section('process')
      const { namespace: _own, ...rest } = own
      const { namespace: _theirs, ...expected } = theirs
      assert.deepEqual(rest, expected)
    })

    await t.test("namespaces: the host's where Docker's are, else its own", () => {
      const links = (text = '') => new Map(text.split(', ').map(one => one.split(' ') as [string, string]))
      const found = links(section('process').own.namespace)
      assert.deepEqual([...found.keys()], [...links(docker.process?.namespace).keys()])
      // Docker joins the host's cgroup namespace on cgroup v1 only; this is what the record was made on.
      const shared = [...found]
        .filter(([kind, id]) => readlinkSync(`/proc/self/ns/${kind}`) === id)
        .map(([kind]) => kind)
      assert.deepEqual(
        shared.filter(kind => kind !== 'cgroup'),
        ['time', 'user'],
      )
    })

    await t.test('every system call number', () => {
      const { own, theirs } = section('syscall')
      for (const [number, answer] of Object.entries(own)) {
        // What the filter lets through, the kernel answers, and kernels differ; what it stops is the same everywhere.
        const stopped = (text = '') =>
          text === 'EPERM' ? 'refused' : text === 'ENOSYS' && Number(number) > 456 ? 'unknown' : 'passed'
        assert.equal(
          stopped(answer),
          stopped(theirs[number]),
          `system call ${number}: ${answer}, Docker's ${theirs[number]}`,
        )
      }
    })

    await t.test('files of the kernel', () => {
      const { own, theirs } = section('file')
      for (const [file, access] of Object.entries(own)) {
        // A file that the record's kernel had not may be read as most are, and must not be written.
        const more = [...access.replace('-', '')].filter(letter => !(theirs[file] ?? 'r').includes(letter))
        assert.deepEqual(more, [], `${file} is ${access} here, ${theirs[file]} there`)
      }
    })

    await t.test('devices', () => {
      const { own, theirs } = section('device')
      for (const [name, node] of Object.entries(own)) {
        // crun makes the link that older runtimes made; the file behind it is masked.
        if (name !== 'core') assert.equal(node, theirs[name], `/dev/${name}`)
      }
      const tries = section('open')
      for (const [node, found] of Object.entries(tries.own))
        assert.ok(
          found === tries.theirs[node] || found === 'r refused w refused',
          `${node}: ${found}, there ${tries.theirs[node]}`,
        )
    })

    await t.test('mounts', () => {
      const { own, theirs } = section('mount')
      for (const [point, mount] of Object.entries(theirs)) {
        const flags = (text: string) => (text.split(' ').at(-1) ?? '').split(',')
        const kept = ['ro', 'nosuid', 'nodev', 'noexec'].filter(flag => flags(mount).includes(flag))
        // A masked file may be covered by another thing: it is looked at above. crun says only `ro` of what it makes
        // read-only below /proc, where nothing is set-user-id, a device or a program.
        const wanted = kept.filter(flag => flag === 'ro' || !point.startsWith('/proc/'))
        const found = flags(own[point] ?? '')
        assert.deepEqual(
          wanted.filter(flag => !found.includes(flag)),
          [],
          `${point}: ${own[point]}, there ${mount}`,
        )
      }
    })
  })
}
