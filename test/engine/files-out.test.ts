// What comes out of a container: its files as a tar, what it is made of as an image, what it uses.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { jsonLines } from '../../src/docker/protocol/json-lines.ts'
import type { ContainerStatsResponse } from '../../src/docker/protocol/types.ts'
import { readTar } from '../../src/shared/tar/read.ts'
import { writeTar } from '../../src/shared/tar/write.ts'
import { startEngine, type TestEngine, until } from './engine-process.ts'
import { exec, importBusybox, logsOf, shell, start } from './run.ts'

let engine: TestEngine
before(async () => {
  engine = await startEngine()
  await importBusybox(engine)
})
after(() => engine[Symbol.asyncDispose]())

/** `name type mode owner: content`, a line for each entry. */
async function listing(tar: IncomingMessage): Promise<string[]> {
  const lines: string[] = []
  for await (const { entry, content } of readTar(tar)) {
    let text = ''
    for await (const piece of content()) text += piece
    const { name, type, mode, uid, gid, linkName } = entry
    lines.push(`${name} ${type} ${(mode & 0o7777).toString(8)} ${uid}:${gid}${linkName && ` -> ${linkName}`}: ${text}`)
  }
  return lines
}

const script = `mkdir -p /data/sub && cd /data && echo alpha > a && ln a b && ln -s /etc/passwd link && chmod 4750 sub &&
  chown 7:8 a && echo ready && exec sleep 1000`

test('files come out of a running, a stopped and a never started container alike', async () => {
  const container = await start(engine, {
    Cmd: ['sh', '-c', script],
    HostConfig: { Init: true, Binds: ['kept:/kept'] },
  })
  await until(async () => (await logsOf(container)).stdout === 'ready\n', 'the files')
  await exec(container, ['sh', '-c', 'echo inside > /kept/file'])
  const wanted = [
    'data/ folder 755 0:0: ',
    'data/a file 644 7:8: alpha\n',
    'data/b link 644 7:8 -> data/a: ',
    'data/link symlink 777 0:0 -> /etc/passwd: ',
    'data/sub/ folder 4750 0:0: ',
  ]
  assert.deepEqual(await listing(await container.getArchive({ path: '/data' })), wanted)
  await container.stop({ t: 0 })
  assert.deepEqual(await listing(await container.getArchive({ path: 'data' })), wanted)
  assert.deepEqual(await listing(await container.getArchive({ path: '/kept/file' })), ['file file 644 0:0: inside\n'])
  const content = await listing(await container.getArchive({ path: '/data/.' }))
  assert.equal(content[0], './ folder 755 0:0: ')
  assert.equal(content[1], 'a file 644 7:8: alpha\n')
  await container.remove({ v: true })
  const never = await engine.docker.createContainer({ Image: 'busybox' })
  assert.match((await listing(await never.getArchive({ path: '/etc/passwd' })))[0] ?? '', /^passwd file 644 0:0: root:/)
  await never.remove()
})

test('a path is told without its files', async () => {
  const container = await start(engine, { Cmd: ['sh', '-c', script], HostConfig: { Init: true } })
  await until(async () => (await logsOf(container)).stdout === 'ready\n', 'the files')
  const { name, size, mode, linkTarget } = await container.infoArchive({ path: '/data/link' })
  assert.deepEqual([name, size, mode, linkTarget], ['link', 11, 2 ** 27 + 0o777, '/etc/passwd'])
  assert.equal((await container.infoArchive({ path: '/data/sub' })).mode, 2 ** 31 + 2 ** 23 + 0o750)
  assert.equal(await container.infoArchive({ path: '/data/link/' }).catch(error => error.code), 'invalid_argument')
  await assert.rejects(container.infoArchive({ path: '/none' }), { code: 'not_found' })
  await assert.rejects(container.getArchive({ path: '/none' }), /Could not find the file \/none in container/)
  await container.remove({ force: true })
})

test('no link in a container leads out of it', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'files-out-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'secret'), 'of the host')
  const container = await start(engine, { Cmd: ['sleep', '1000'] })
  await exec(container, ['ln', '-s', folder, '/out'])
  await assert.rejects(container.getArchive({ path: '/out/secret' }), /Could not find the file/)
  await assert.rejects(container.getArchive({ path: `../../../../../..${folder}` }), /Could not find the file/)
  await container.remove({ force: true })
})

test('who downloads from a running container does not keep it from being stopped', async () => {
  const container = await start(engine, { Cmd: ['sleep', '1000'] })
  await exec(container, ['sh', '-c', 'head -c 50000000 /dev/zero > /big'])
  const tar = await container.getArchive({ path: '/big' })
  await container.stop({ t: 0 })
  let bytes = 0
  for await (const chunk of tar) bytes += chunk.length
  assert.ok(bytes > 50_000_000, `${bytes} bytes came`)
  const stopped = await container.getArchive({ path: '/big' })
  stopped.destroy()
  await container.start()
  await container.remove({ force: true })
})

test('an export has all files, and none of the volumes', async () => {
  const container = await start(engine, { Cmd: ['sleep', '1000'], HostConfig: { Binds: ['other:/data'] } })
  await exec(container, ['sh', '-c', 'echo in volume > /data/v; echo own > /own'])
  for (const state of ['running', 'stopped']) {
    const names = (await listing(await container.export())).map(line => line.replace(/ .*/s, ''))
    assert.ok(names.includes('own') && names.includes('bin/busybox') && names.includes('data/'), state)
    assert.deepEqual(
      names.filter(name => /^(?:data\/v|proc\/.+|\.\/)$/.test(name)),
      [],
      state,
    )
    await container.stop({ t: 0 })
  }
  await container.remove({ v: true })
})

test("an upload does not make a folder of a file, and is the user's where that is asked for", async () => {
  const container = await start(engine, { Cmd: ['sleep', '1000'], User: '7:8' })
  await exec(container, ['sh', '-c', 'mkdir /tmp/d; touch /tmp/f'])
  const tar = (path: string) => writeTar([{ path, content: 'x', mode: 0o644, uid: 0, gid: 0 }])
  const put = (path: string) => container.putArchive(tar(path), { path: '/tmp', noOverwriteDirNonDir: true })
  await assert.rejects(put('d'), /cannot overwrite directory "\/tmp\/d" with non-directory/)
  await put('f')
  await container.putArchive(tar('mine'), { path: '/tmp', copyUIDGID: true })
  assert.equal((await exec(container, ['stat', '-c', '%u:%g', '/tmp/mine', '/tmp/f'])).stdout, '7:8\n0:0\n')
  await container.remove({ force: true })
})

test('a commit is an image with what changed and what was deleted', async () => {
  const container = await start(engine, {
    Cmd: [
      'sh',
      '-c',
      'echo mark > /mark; rm /bin/yes; rm -r /home; mkdir /home; touch /home/new; echo ready; sleep 1000',
    ],
    Env: ['OWN=1'],
    HostConfig: { Init: true },
  })
  await until(async () => (await logsOf(container)).stdout === 'ready\n', 'the changes')
  const { Id } = await container.commit({
    repo: 'committed',
    tag: 'a',
    author: 'me',
    comment: 'words',
    changes: ['CMD ["cat", "/mark"]', 'ENV MORE=2'],
  })
  const image = await engine.docker.getImage('committed:a').inspect()
  assert.equal(image.Id, Id)
  assert.deepEqual([image.Author, image.Comment, image.Config?.Cmd], ['me', 'words', ['cat', '/mark']])
  assert.ok(image.Config?.Env?.includes('OWN=1') && image.Config.Env.includes('MORE=2'))
  const seen = await shell(engine, 'cat /mark; ls /bin/yes; ls /home; ls /etc/hosts', { Image: 'committed:a' })
  assert.match(seen.stdout, /^mark\nnew\n\/etc\/hosts\n$/)
  await assert.rejects(container.commit({ changes: ['RUN x'] }), /RUN is not a valid change command/)
  assert.equal((await container.inspect()).State?.Status, 'running', 'it goes on after its pause')
  await container.remove({ force: true })
  await engine.docker.getImage('committed:a').remove()
})

test('processes are listed as ps does, of the container alone', async () => {
  const container = await start(engine, { Cmd: ['sleep', '1234'] })
  const { Titles, Processes = [] } = await container.top()
  assert.deepEqual(Titles, ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD'])
  const pid = String((await container.inspect()).State?.Pid)
  assert.equal(Processes.length, 1)
  const [user, own, parent, , start_, terminal, , command] = Processes[0] ?? []
  assert.deepEqual([user, own, terminal, command], ['root', pid, '?', 'sleep 1234'])
  assert.match(`${parent} ${start_}`, /^\d+ (?:\d\d:\d\d|\w{3}\d\d)$/)
  await container.stop({ t: 0 })
  await assert.rejects(container.top(), /is not running/)
  await container.remove()
})

test('numbers of stats are those of the kernel', async () => {
  const container = await start(engine, {
    Cmd: ['sh', '-c', 'while :; do :; done'],
    HostConfig: { Memory: 64 * 2 ** 20, NanoCpus: 2e8, PidsLimit: 50 },
  })
  const sample = async (options: { stream: boolean; 'one-shot'?: boolean }) => {
    for await (const line of jsonLines(await container.stats(options))) return line as ContainerStatsResponse // its document
    return assert.fail('no sample came')
  }
  const { cpu_stats, precpu_stats, memory_stats, pids_stats, networks } = await sample({ stream: false })
  const used = (cpu_stats?.cpu_usage?.total_usage ?? 0) - (precpu_stats?.cpu_usage?.total_usage ?? 0)
  const passed = (cpu_stats?.system_cpu_usage ?? 0) - (precpu_stats?.system_cpu_usage ?? 0)
  const share = (used / passed) * (cpu_stats?.online_cpus ?? 0)
  assert.ok(share > 0.05 && share < 0.35, `a fifth of a processor is ${share}`)
  assert.equal(memory_stats?.limit, 64 * 2 ** 20)
  assert.ok((memory_stats?.usage ?? 0) > 0)
  assert.deepEqual(pids_stats, { current: 1, limit: 50 })
  assert.deepEqual(Object.keys(networks ?? {}), ['eth0'])
  assert.equal((await sample({ stream: true })).precpu_stats?.cpu_usage?.total_usage, 0)
  await container.stop({ t: 0 })
  assert.deepEqual((await sample({ stream: false, 'one-shot': true })).memory_stats, {})
  await container.remove()
})
