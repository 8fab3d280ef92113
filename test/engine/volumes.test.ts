import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { importTar, tarOf } from './archives.ts'
import { startEngine, type TestEngine } from './engine-process.ts'
import { exec, importBusybox, shell, start } from './run.ts'

let engine: TestEngine
const folder = mkdtempSync(join(tmpdir(), 'tsc-volumes-'))
before(async () => {
  engine = await startEngine()
  await importBusybox(engine)
})
after(async () => {
  await engine[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

const mount = (Type: 'bind' | 'volume' | 'tmpfs', Target: string, more: object = {}) => ({ Type, Target, ...more })

test('a named volume keeps what one container wrote for the next', async () => {
  const HostConfig = { Mounts: [mount('volume', '/data', { Source: 'kept' })] }
  await shell(engine, 'echo hello > /data/file', { HostConfig })
  assert.equal((await shell(engine, 'cat /data/file', { HostConfig })).stdout, 'hello\n')
  await engine.docker.getVolume('kept').remove()
  await assert.rejects(engine.docker.getVolume('kept').inspect(), /no such volume/)
})

test("a new volume gets the image's content, owners, modes and links; nocopy leaves it empty", async () => {
  await importTar(
    engine,
    'content',
    tarOf([
      { name: 'data/', type: '5', mode: 0o750, uid: 1000, gid: 50 },
      { name: 'data/file', body: 'from the image', mode: 0o640, uid: 1000, gid: 1000 },
      { name: 'data/link', type: '2', linkName: '/etc/passwd' },
    ]),
    true,
  )
  const look = 'stat -c "%n %a %u %g" /data /data/file; cat /data/file; readlink /data/link'
  const copied = await shell(engine, look, { Image: 'content', HostConfig: { Binds: ['filled:/data'] } })
  assert.equal(copied.stdout, '/data 750 1000 50\n/data/file 640 1000 1000\nfrom the image/etc/passwd\n')
  const empty = await shell(engine, 'ls -A /data', { Image: 'content', HostConfig: { Binds: ['bare:/data:nocopy'] } })
  assert.equal(empty.stdout, '')
})

test("a volume at a link of the image does not copy the host's files", async () => {
  await importTar(
    engine,
    'trap',
    tarOf([
      { name: 'data', type: '2', linkName: '/etc' },
      { name: 'etc/mark', body: 'image' },
    ]),
    true,
  )
  const { stdout } = await shell(engine, 'cat /etc/mark; ls /data/', {
    Image: 'trap',
    HostConfig: { Binds: ['trapped:/data'] },
  })
  assert.doesNotMatch(stdout, /shadow|debian_version/)
})

test('an anonymous volume goes with its container only by v', async () => {
  const container = await start(engine, { Cmd: ['true'], Volumes: { '/data': {} } })
  await container.wait()
  const name = (await container.inspect()).Mounts?.[0]?.Name ?? ''
  assert.match(name, /^[0-9a-f]{64}$/)
  await container.remove()
  await engine.docker.getVolume(name).remove()
  const other = await start(engine, { Cmd: ['true'], Volumes: { '/data': {} } })
  await other.wait()
  const gone = (await other.inspect()).Mounts?.[0]?.Name ?? ''
  await other.remove({ v: true })
  await assert.rejects(engine.docker.getVolume(gone).inspect(), /no such volume/)
})

test('a volume that is in use is not removed', async () => {
  const container = await start(engine, { Cmd: ['sleep', '1000'], HostConfig: { Binds: ['busy:/data'] } })
  await assert.rejects(engine.docker.getVolume('busy').remove(), /volume is in use/)
  await container.remove({ force: true })
})

test("a bind shows the host's folder, read-only where it says so", async () => {
  writeFileSync(join(folder, 'file'), 'host\n')
  const written = await shell(engine, 'cat /b/file; echo new > /b/made', { HostConfig: { Binds: [`${folder}:/b`] } })
  assert.deepEqual([written.stdout, readFileSync(join(folder, 'made'), 'utf8')], ['host\n', 'new\n'])
  const refused = await shell(engine, 'echo no > /b/refused', { HostConfig: { Binds: [`${folder}:/b:ro`] } })
  assert.match(refused.stderr, /Read-only/)
  assert.equal(existsSync(join(folder, 'refused')), false)
})

test('a file is bound too, read-only by both runtimes', async () => {
  const file = join(folder, 'token')
  writeFileSync(file, 'secret')
  for (const Runtime of ['crun', 'runc']) {
    const HostConfig = { Runtime, Mounts: [mount('bind', '/run/secrets/token', { Source: file, ReadOnly: true })] }
    const { stdout, stderr } = await shell(engine, 'cat /run/secrets/token; echo no > /run/secrets/token', {
      HostConfig,
    })
    assert.equal(stdout, 'secret')
    assert.match(stderr, /Read-only/)
  }
})

test('a bind whose source is missing is made in the short form, refused in the long one unless it asks', async () => {
  const [made, missing] = [join(folder, 'made-by-bind'), join(folder, 'missing')]
  await shell(engine, 'true', { HostConfig: { Binds: [`${made}:/b`] } })
  assert.ok(existsSync(made))
  await assert.rejects(
    shell(engine, 'true', { HostConfig: { Mounts: [mount('bind', '/b', { Source: missing })] } }),
    /bind source path does not exist/,
  )
  assert.equal(existsSync(missing), false)
  await shell(engine, 'true', {
    HostConfig: { Mounts: [mount('bind', '/b', { Source: missing, BindOptions: { CreateMountpoint: true } })] },
  })
  assert.ok(existsSync(missing))
})

test('tmpfs has the size and mode that were asked for', async () => {
  const { stdout } = await shell(engine, 'mount | grep " /t "; stat -c %a /t; mount | grep " /u "', {
    HostConfig: {
      Tmpfs: { '/u': 'size=1m' },
      Mounts: [mount('tmpfs', '/t', { TmpfsOptions: { SizeBytes: 2097152, Mode: 0o700 } })],
    },
  })
  assert.match(stdout, /tmpfs on \/t .*size=2048k.*mode=700[\s\S]*^700$[\s\S]*tmpfs on \/u .*size=1024k/m)
})

test("volumes_from has the other container's volumes, read-only by :ro", async () => {
  const source = await start(engine, {
    name: 'source',
    Cmd: ['sh', '-c', 'echo shared > /data/file; sleep 1000'],
    HostConfig: { Binds: ['from:/data'] },
  })
  await exec(source, ['true'])
  const { stdout, stderr } = await shell(engine, 'cat /data/file; echo no > /data/other', {
    HostConfig: { VolumesFrom: ['source:ro'] },
  })
  assert.equal(stdout, 'shared\n')
  assert.match(stderr, /Read-only/)
  await source.remove({ force: true })
})

test('a read-only root file system leaves tmpfs and volumes writable', async () => {
  const { stdout, stderr } = await shell(engine, 'echo a > /t/a && echo b > /data/b && echo fine; echo c > /c', {
    HostConfig: { ReadonlyRootfs: true, Tmpfs: { '/t': '' }, Binds: ['writable:/data'] },
  })
  assert.equal(stdout, 'fine\n')
  assert.match(stderr, /Read-only/)
})

test('a part of a volume is mounted; a link in the volume does not lead out', async () => {
  await shell(engine, 'mkdir -p /data/part; echo inside > /data/part/file', { HostConfig: { Binds: ['parts:/data'] } })
  const part = (Subpath: string) => ({
    HostConfig: { Mounts: [mount('volume', '/p', { Source: 'parts', VolumeOptions: { Subpath } })] },
  })
  assert.equal((await shell(engine, 'cat /p/file', part('part'))).stdout, 'inside\n')
  const { Mountpoint } = await engine.docker.getVolume('parts').inspect()
  symlinkSync('/etc', join(Mountpoint, 'escape'))
  await assert.rejects(shell(engine, 'ls /p', part('escape')))
})

test('driver_opts mount what they name, and only while the volume is there', async () => {
  await engine.docker.createVolume({
    Name: 'in-memory',
    DriverOpts: { type: 'tmpfs', device: 'tmpfs', o: 'size=1m,nosuid' },
  })
  const { stdout } = await shell(engine, 'mount | grep " /m "', { HostConfig: { Binds: ['in-memory:/m'] } })
  assert.match(stdout, /tmpfs on \/m .*nosuid.*size=1024k/)
  await engine.docker.getVolume('in-memory').remove()
  assert.doesNotMatch(readFileSync('/proc/self/mountinfo', 'utf8'), /in-memory/)
})

test('an archive is put into a container, and no link in it reaches the host', async () => {
  const container = await start(engine, { Cmd: ['sleep', '1000'], HostConfig: { Binds: ['target:/data'] } })
  const put = (path: string, tar: Buffer) => container.putArchive(tar, { path })
  await put('/data', tarOf([{ name: 'file', body: 'given', mode: 0o600, uid: 1000, gid: 50 }]))
  assert.equal(
    (await exec(container, ['sh', '-c', 'cat /data/file; stat -c "%a %u %g" /data/file'])).stdout,
    'given600 1000 50\n',
  )
  await exec(container, ['ln', '-s', folder, '/out'])
  await assert.rejects(put('/out', tarOf([{ name: 'escaped', body: 'x' }])), /Could not find the file/)
  await put('/', tarOf([{ name: '../../../../../../up', body: 'x' }]))
  assert.equal(existsSync(join(folder, 'escaped')), false)
  assert.equal((await exec(container, ['cat', '/up'])).stdout, 'x')
  await assert.rejects(put('/nowhere', tarOf([])), /Could not find the file \/nowhere/)
  await container.remove({ force: true })
})

test('a create that is refused leaves no volume of its own', async () => {
  const before = (await engine.docker.listVolumes()).Volumes
  const HostConfig = { Binds: ['/data', `/tmp:/proc/sys`] }
  await assert.rejects(engine.docker.createContainer({ Image: 'busybox', HostConfig }), /it is inside \/proc/)
  assert.deepEqual((await engine.docker.listVolumes()).Volumes, before)
})
