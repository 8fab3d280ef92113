// Mounts beyond plain volumes and binds: images, sub-paths, propagation, tmpfs options, what read-only reaches.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Mount } from '../../../src/docker/protocol/types.ts'
import { makeTestRoot } from '../../test-root.ts'
import { until } from '../engine-process.ts'
import { exec, start } from '../run.ts'
import { inside } from './inside.ts'
import { loadImage } from './load-image.ts'

const { engine, see, attempt } = inside()

const scratch = makeTestRoot('tsc-engine-')
execFileSync('mount', ['--bind', scratch, scratch])
execFileSync('mount', ['--make-shared', scratch])
after(() => {
  execFileSync('umount', ['--recursive', scratch])
  rmSync(scratch, { recursive: true, force: true })
})

/** A folder with another mount below it. */
function twoLevels(name: string): string {
  const folder = join(scratch, name)
  mkdirSync(join(folder, 'below'), { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=777', 'tmpfs', join(folder, 'below')])
  return folder
}

const ownMounts = () =>
  readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter(line => line.includes(engine().root))

for (const Runtime of ['crun', 'runc']) {
  test(`${Runtime}: an image is mounted read-only, whole or a part of it`, async () => {
    await loadImage(engine(), 'content', {}, [
      [
        { name: 'data/', type: '5' },
        { name: 'data/text', body: 'lower', mode: 0o644 },
      ],
      [
        { name: 'data/text', body: 'upper', mode: 0o644 },
        { name: 'data/out', type: '2', linkName: '/etc' },
      ],
    ])
    const Mounts: Mount[] = [
      { Type: 'image', Source: 'content', Target: '/whole' },
      { Type: 'image', Source: 'content', Target: '/part', ImageOptions: { Subpath: 'data' } },
      // Of one layer: no overlay.
      { Type: 'image', Source: 'busybox', Target: '/one' },
    ]
    const script =
      'cat /whole/data/text /part/text; for place in /whole /part /one; do (: >$place/new) 2>/dev/null && echo no; done; ls /one/bin/sh'
    assert.equal(await see(script, { Runtime, Mounts }), 'upperupper/one/bin/sh\n')
    const container = await start(engine(), { Cmd: ['sleep', '1000'], HostConfig: { Runtime, Mounts } })
    assert.deepEqual(
      (await container.inspect()).Mounts?.map(({ Type, Source, Destination, RW }) => [
        Type,
        Source,
        Destination,
        RW,
      ])[0],
      ['image', 'busybox', '/one', false],
    )
    assert.deepEqual(
      ownMounts().filter(line => line.includes('-source-')),
      [],
    )
    await assert.rejects(engine().docker.getImage('content').remove({ force: true }), /using its referenced image/)
    await engine().crash()
    const again = engine().docker.getContainer(container.id)
    assert.equal((await exec(again, ['cat', '/part/text'])).stdout, 'upper')
    await again.remove({ force: true })
    // A link in an image leads nowhere else.
    const outside: Mount = {
      Type: 'image',
      Source: 'content',
      Target: '/x',
      ImageOptions: { Subpath: 'data/out/hostname' },
    }
    await assert.rejects(attempt({ Runtime, Mounts: [outside] }), /image "content" has no "data\/out\/hostname"/)
    assert.deepEqual(
      ownMounts().filter(line => line.includes('-source-')),
      [],
    )
    assert.deepEqual(readdirSync(join(engine().runRoot, 'rootfs')), [])
  })

  test(`${Runtime}: read-only reaches what is mounted below, unless it is not to`, async () => {
    const Source = twoLevels(`read-only-${Runtime}`)
    const written = (more: object, Binds?: string[]) =>
      see('(: >/m/top) 2>/dev/null && echo top; (: >/m/below/file) 2>/dev/null && echo below', {
        Runtime,
        ...(Binds
          ? { Binds }
          : { Mounts: [{ Type: 'bind', Source, Target: '/m', ReadOnly: true, BindOptions: more }] }),
      })
    assert.equal(await written({}, [`${Source}:/m:ro`]), '')
    assert.equal(await written({}), '')
    assert.equal(await written({ ReadOnlyForceRecursive: true }), '')
    assert.equal(await written({ ReadOnlyNonRecursive: true }), 'below\n')
    // Without the mount below, its empty place is part of the one above.
    assert.equal(await written({ NonRecursive: true }), '')
    assert.equal(await see('mount | grep -c " /m"', { Runtime, Binds: [`${Source}:/m`] }), '2\n')
    const alone: Mount = { Type: 'bind', Source, Target: '/m', BindOptions: { NonRecursive: true } }
    assert.equal(await see('mount | grep -c " /m"', { Runtime, Mounts: [alone] }), '1\n')
  })

  test(`${Runtime}: a mount made on the host comes into slave and shared binds, not into private ones`, async () => {
    const source = join(scratch, `propagation-${Runtime}`)
    mkdirSync(join(source, 'late'), { recursive: true })
    const seenIn = async (...Binds: string[]) => {
      const HostConfig = { Runtime, Binds }
      const container = await start(engine(), { Cmd: ['sleep', '1000'], HostConfig })
      execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(source, 'late')])
      const { stdout } = await exec(container, ['sh', '-c', 'mount | grep -o " /[a-z]*/late "'])
      execFileSync('umount', [join(source, 'late')])
      await container.remove({ force: true })
      return stdout.trim().split(/\s+/).sort()
    }
    assert.deepEqual(await seenIn(`${source}:/slave:rslave`, `${source}:/private:rprivate`), ['/slave/late'])
    assert.deepEqual(await seenIn(`${source}:/shared:rshared`, `${source}:/private`), ['/shared/late'])
  })

  test(`${Runtime}: a mount made in a shared bind comes to the host, one in a slave does not`, async () => {
    const source = join(scratch, `out-${Runtime}`)
    mkdirSync(join(source, 'made'), { recursive: true })
    const comesOut = async (propagation: string) => {
      const HostConfig = { Runtime, Privileged: true, Binds: [`${source}:/bind:${propagation}`] }
      const container = await start(engine(), { Cmd: ['sleep', '1000'], HostConfig })
      await exec(container, ['mount', '-t', 'tmpfs', 'tmpfs', '/bind/made'])
      const out = readFileSync('/proc/self/mounts', 'utf8').includes(join(source, 'made'))
      await exec(container, ['umount', '/bind/made'])
      await container.remove({ force: true })
      return out
    }
    assert.deepEqual([await comesOut('rshared'), await comesOut('rslave')], [true, false])
  })

  test(`${Runtime}: tmpfs takes its options in both forms`, async () => {
    const Mounts: Mount[] = [
      {
        Type: 'tmpfs',
        Target: '/long',
        TmpfsOptions: { SizeBytes: 2 << 20, Mode: 0o1711, Options: [['exec'], ['uid', '5']] },
      },
    ]
    const Tmpfs = { '/short': 'size=1m,mode=0700,uid=1000,gid=50', '/plain': '', '/exec': 'exec,ro' }
    const script =
      'stat -c "%n %a %u %g" /long /short; mount | grep -E " /(long|short|plain|exec) " | sed "s/.* on //; s/relatime,//"'
    const seen = (await see(script, { Runtime, Mounts, Tmpfs })).trim().split('\n').sort()
    const options = (path: string) => seen.find(line => line.startsWith(`${path} type`)) ?? ''
    assert.ok(seen.includes('/long 1711 5 0') && seen.includes('/short 700 1000 50'), seen.join('\n'))
    assert.match(options('/short'), /nosuid,nodev,noexec.*size=1024k/)
    assert.match(options('/plain'), /rw,nosuid,nodev,noexec/)
    assert.match(options('/long'), /nosuid,nodev.*size=2048k/)
    assert.doesNotMatch(options('/long') + options('/exec'), /noexec/)
    assert.match(options('/exec'), /\(ro,/)
  })
}

test('mounts that contradict themselves are refused in words of Docker', async () => {
  const refused = (Mounts: Mount[], words: RegExp) => assert.rejects(attempt({ Mounts }), words)
  await refused([{ Type: 'image', Source: 'nope', Target: '/x' }], /No such image: nope:latest/)
  await refused(
    [{ Type: 'npipe', Source: 'x', Target: '/x' }],
    /invalid mount config for type "npipe": mount type unkn/,
  )
  await refused([{ Type: 'tmpfs', Source: 'x', Target: '/x' }], /"tmpfs": field Source must not be specified/)
  await refused([{ Type: 'volume', Target: '' }], /"volume": field Target must not be empty/)
  await refused(
    [{ Type: 'volume', Target: '/x', BindOptions: {} }],
    /BindOptions must not be specified on mount type "volume"/,
  )
  const part = { Subpath: '../x' }
  await refused([{ Type: 'volume', Source: 'v', Target: '/x', VolumeOptions: part }], /subpath must be a relative path/)
  await refused([{ Type: 'volume', Target: '/x', VolumeOptions: { Subpath: 'x' } }], /must not set Subpath when using/)
  await refused(
    [
      { Type: 'tmpfs', Target: '/x' },
      { Type: 'tmpfs', Target: '/x/' },
    ],
    /Duplicate mount point: \/x/,
  )
  await assert.rejects(attempt({ Binds: ['/tmp:/x'], Tmpfs: { '/x': '' } }), /Duplicate mount point: \/x/)
  await assert.rejects(attempt({ Tmpfs: { '/x': 'foo=bar' } }), /invalid tmpfs option "foo"/)
  await until(async () => (await engine().docker.listContainers({ all: true })).length === 0, 'no container')
})
