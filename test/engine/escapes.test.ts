// Ways out of a container that runtimes and engines have had, each tried with both runtimes: what is on the host must
// be as it was, whether the try is refused or just leads nowhere.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Container } from '../../src/docker/client/container.ts'
import { executablePath } from '../../src/engine/runtime/runtime.ts'
import { importProbe } from '../confinement/probe.ts'
import { importTar, tarOf } from './archives.ts'
import { startEngine, type TestEngine, until } from './engine-process.ts'
import { exec, importBusybox, logsOf, start } from './run.ts'

let engine: TestEngine
/** A folder of the host that nothing in a container may reach, with a file that nothing may read. */
let forbidden: string
const secret = randomBytes(8).toString('hex')

before(async () => {
  engine = await startEngine()
  forbidden = mkdtempSync(join(tmpdir(), 'tsc-forbidden-'))
  writeFileSync(join(forbidden, 'secret'), secret)
  await importBusybox(engine)
  await importProbe(engine.docker)
})
after(async () => {
  await engine[Symbol.asyncDispose]()
  rmSync(forbidden, { recursive: true })
})

/** No file in it, and nothing mounted on it. */
function untouched(): void {
  assert.deepEqual(readdirSync(forbidden), ['secret'])
  const points = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map(line => line.split(' ')[4] ?? '')
  assert.deepEqual(
    points.filter(point => point.startsWith(forbidden)),
    [],
  )
}

/** Runs to the end; what the engine refuses is an answer too. */
async function attempt(wanted: object): Promise<string> {
  let container: Container | undefined
  try {
    container = await engine.docker.createContainer({ Image: 'busybox', ...wanted })
    const ended = container.wait({ condition: 'next-exit' })
    await container.start()
    await ended
    const { stdout, stderr } = await logsOf(container)
    return stdout + stderr
  } catch (error) {
    return String(error)
  } finally {
    await container?.remove({ force: true, v: true })
  }
}

for (const Runtime of ['crun', 'runc']) {
  const on = { HostConfig: { Runtime } }

  test(`${Runtime}: a working directory among the runtime's descriptors leads to nothing of the host`, async () => {
    const look = `for up in . .. ../.. ../../.. ../../../.. ../../../../..; do cat $up${forbidden}/secret; done`
    const outcomes: string[] = []
    for (let fd = 3; fd < 14; fd++) {
      const WorkingDir = `/proc/self/fd/${fd}`
      outcomes.push(await attempt({ ...on, WorkingDir, Cmd: ['sh', '-c', look] }))
      outcomes.push(await attempt({ ...on, WorkingDir: `${WorkingDir}/../../../..`, Cmd: ['sh', '-c', look] }))
    }
    const container = await start(engine, { ...on, Cmd: ['sleep', '1000'] })
    for (let fd = 3; fd < 14; fd++) {
      const created = await container.exec({
        Cmd: ['sh', '-c', look],
        WorkingDir: `/proc/self/fd/${fd}`,
        AttachStdout: true,
      })
      for await (const chunk of await created.start()) outcomes.push(String(chunk))
    }
    await container.remove({ force: true })
    assert.ok(outcomes.length >= 22)
    for (const outcome of outcomes) assert.ok(!outcome.includes(secret), outcome)
  })

  test(`${Runtime}: the runtime's program can't be written from inside`, async () => {
    const program = executablePath(Runtime) ?? ''
    const hash = () => createHash('sha256').update(readFileSync(program)).digest('hex')
    const before = hash()
    // Every process that isn't our own perl is caught on its way in, and its program opened for writing.
    const script = `
      $| = 1; print "watching\\n"; my %met;
      while (!-e "/stop") { for my $path (glob "/proc/[0-9]*") {
        my $exe = readlink("$path/exe") // next; next if $exe =~ m{^/(usr/bin/perl|bin/)}; next if $met{$exe}++ > 50;
        if (open(my $file, "+<", "$path/exe")) { print "opened $exe\\n"; syswrite($file, "x") and print "wrote $exe\\n"; }
      } }
      print "met $_\\n" for sort keys %met;`
    const container = await start(engine, { ...on, Image: 'probe', Cmd: ['perl', '-e', script] })
    await until(async () => (await logsOf(container)).stdout.includes('watching'), 'the watcher')
    for (let round = 0; round < 10; round++) await exec(container, ['/proc/self/exe', '--version'])
    for (let round = 0; round < 10; round++) await exec(container, ['true'])
    await exec(container, ['touch', '/stop'])
    await container.wait()
    assert.doesNotMatch((await logsOf(container)).stdout, /wrote/)
    await container.remove()
    const own = await attempt({
      ...on,
      Image: 'probe',
      Cmd: ['sh', '-c', 'exec 3<>/proc/self/exe'],
      Entrypoint: ['/proc/self/exe'],
    })
    assert.notEqual(own, '')
    assert.equal(hash(), before)
  })

  test(`${Runtime}: links in the image take no mount out of the container`, async () => {
    const image = `links-${Runtime}`
    const up = '../../../../../../../..'
    await importTar(
      engine,
      image,
      tarOf([
        { name: 'absolute', type: '2', linkName: forbidden },
        { name: 'relative', type: '2', linkName: `${up}${forbidden}` },
        { name: 'chain', type: '2', linkName: 'relative' },
      ]),
      true,
    )
    for (const link of ['absolute', 'relative', 'chain']) {
      await attempt({
        Image: image,
        HostConfig: { Runtime, Binds: [`made-${link}:/${link}/made`, `/tmp:/${link}/bound`] },
        Cmd: ['true'],
      })
      await attempt({
        Image: image,
        HostConfig: { Runtime, Tmpfs: { [`/${link}`]: '', [`/${link}/tmp`]: '' } },
        Cmd: ['true'],
      })
      await attempt({ Image: image, ...on, WorkingDir: `/${link}/cwd`, Cmd: ['true'] })
      untouched()
    }
  })

  test(`${Runtime}: /proc, /sys and /dev that the image makes links lead nowhere`, async () => {
    for (const name of ['proc', 'sys', 'dev']) {
      const image = `${name}-${Runtime}`
      await importTar(engine, image, tarOf([{ name, type: '2', linkName: `../../../../../..${forbidden}` }]))
      await attempt({ Image: image, ...on, Cmd: ['/none'] })
      untouched()
    }
  })

  test(`${Runtime}: a link swapped in a volume while another container mounts through it leads nowhere`, async () => {
    const swap = `
      mkdir("/v/real"); mkdir("/v/real/in"); symlink("../../../../../../../../../..${forbidden}", "/v/evil");
      print "swapping\\n"; $| = 1; print "";
      while (1) { syscall(316, -100, "/v/place", -100, "/v/evil", 2); syscall(316, -100, "/v/place", -100, "/v/real", 2); }`
    const attacker = await start(engine, {
      Image: 'probe',
      Cmd: ['sh', '-c', `mkdir -p /v/place/in; exec perl -e '$| = 1; ${swap}'`],
      HostConfig: { Runtime, Binds: [`race-${Runtime}:/v`] },
    })
    await until(async () => (await logsOf(attacker)).stdout.includes('swapping'), 'the attacker')
    for (let round = 0; round < 20; round++) {
      const said = await attempt({
        HostConfig: { Runtime, Binds: [`race-${Runtime}:/v`], Tmpfs: { '/v/place/in': '' } },
        Cmd: ['sh', '-c', `touch /v/place/in/made; cat /v/place/secret /v/place/in/../secret`],
      })
      assert.ok(!said.includes(secret), said)
      untouched()
    }
    await attacker.remove({ force: true })
  })

  test(`${Runtime}: files copied into a container whose links change stay in it`, async () => {
    const swap = `symlink("../../../../../../..${forbidden}", "/evil"); mkdir("/place"); print "swapping\\n";
      while (1) { syscall(316, -100, "/place", -100, "/evil", 2) }`
    const container = await start(engine, { ...on, Image: 'probe', Cmd: ['perl', '-e', `$| = 1; ${swap}`] })
    await until(async () => (await logsOf(container)).stdout.includes('swapping'), 'the attacker')
    for (let round = 0; round < 20; round++) {
      await container.putArchive(tarOf([{ name: 'copied', body: 'x' }]), { path: '/place' }).catch(() => {})
      untouched()
    }
    const outside = [
      { name: 'out', type: '2', linkName: forbidden },
      { name: 'out/through', body: 'x' },
      { name: `../../../../../../..${forbidden}/up`, body: 'x' },
    ]
    await container.putArchive(tarOf(outside), { path: '/tmp' }).catch(() => {})
    untouched()
    await container.remove({ force: true })
  })

  test(`${Runtime}: masked and read-only files of the kernel stay so, whatever is mounted around them`, async () => {
    const pattern = readFileSync('/proc/sys/kernel/core_pattern', 'utf8')
    const host = mkdtempSync(join(tmpdir(), 'tsc-dev-'))
    try {
      // /dev of the container's own making, in which null is a link to what is to be written.
      mkdirSync(join(host, 'dev'))
      for (const target of ['/proc/sys/kernel/core_pattern', '/proc/kcore', '/proc/sysrq-trigger']) {
        await attempt({
          HostConfig: { Runtime, Binds: [`${host}/dev:/dev`] },
          Cmd: ['sh', '-c', `rm -f /dev/null; ln -s ${target} /dev/null`],
        })
        const tries =
          'echo tsc > /proc/sys/kernel/core_pattern; echo h > /proc/sysrq-trigger; head -c 1 /proc/kcore | wc -c'
        const said = await attempt({ HostConfig: { Runtime, Binds: [`${host}/dev:/dev`] }, Cmd: ['sh', '-c', tries] })
        assert.doesNotMatch(said, /^1$/m)
        assert.equal(readFileSync('/proc/sys/kernel/core_pattern', 'utf8'), pattern)
      }
      for (const inside of [
        '/proc',
        '/proc/sys',
        '/proc/sys/kernel',
        '/proc/self/attr',
        '/proc/self/fd',
        '/proc/1',
        '/proc/../proc/sys',
      ]) {
        const said = await attempt({
          HostConfig: { Runtime, Binds: [`${host}:${inside}`] },
          Cmd: ['sh', '-c', 'echo ran; echo tsc > /proc/sys/kernel/core_pattern'],
        })
        assert.doesNotMatch(said, /^ran/m, `a mount on ${inside} is refused`)
      }
      assert.equal(readFileSync('/proc/sys/kernel/core_pattern', 'utf8'), pattern)
    } finally {
      rmSync(host, { recursive: true })
    }
  })
}

test('nothing of the tries is left', () => {
  assert.ok(existsSync(join(forbidden, 'secret')))
  untouched()
})
