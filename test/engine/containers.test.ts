import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, before, test } from 'node:test'
import { frames } from '../../src/docker/protocol/frames.ts'
import { mountDeafFiles } from './deaf-files.ts'
import { startEngine, type TestEngine, until } from './engine-process.ts'
import { exec, importBusybox, logsOf, run, shell, start } from './run.ts'

let engine: TestEngine
before(async () => {
  engine = await startEngine()
  await importBusybox(engine)
})
after(() => engine[Symbol.asyncDispose]())

const codeOf = (code: string) => (error: Error & { code?: string }) => error.code === code

test('a program ends with its own code, and its two streams stay apart', async () => {
  const output = await shell(engine, 'echo out; echo err >&2; exit 7')
  assert.deepEqual(output, { exitCode: 7, stdout: 'out\n', stderr: 'err\n' })
})

test('a signal ends a container with 128 and its number', async () => {
  const container = await start(engine, {
    Cmd: ['sh', '-c', 'echo begun; exec sleep 1000'],
    HostConfig: { Init: true },
  })
  // The init hands signals on from the moment its program runs.
  await until(async () => (await logsOf(container)).stdout === 'begun\n', 'the program')
  await container.stop({ t: 10 })
  assert.equal((await container.inspect()).State?.ExitCode, 143)
  await container.start()
  await container.kill({ signal: 'SIGKILL' })
  assert.equal((await container.inspect()).State?.ExitCode, 137)
  await container.remove()
})

test('what ignores the stop signal is killed after the grace period', async () => {
  // The first process of a container has no default actions for signals.
  const container = await start(engine, { Cmd: ['sleep', '1000'] })
  await container.stop({ t: 1 })
  assert.equal((await container.inspect()).State?.ExitCode, 137)
  await container.remove()
})

test('what not even SIGKILL ends is told as such, and counts as running until it ends', async () => {
  const folder = `${engine.root}/deaf`
  const container = await (async () => {
    await using deaf = await mountDeafFiles(folder)
    const HostConfig = { Binds: [`${folder}:/mnt`] }
    const container = await start(engine, { Cmd: ['cat', '/mnt/file'], StopTimeout: 0, HostConfig })
    await deaf.asked()
    const refusal = /tried to kill container, but did not receive an exit event.*network file system.*\(state D\)/
    const tried = [
      container.stop(),
      container.remove({ force: true }),
      engine.docker.extension('shutdown', { body: { stopContainers: true } }),
    ]
    await Promise.all(tried.map(attempt => assert.rejects(attempt, refusal)))
    assert.equal((await container.inspect()).State?.Status, 'running')
    return container
  })()
  assert.equal((await container.wait()).StatusCode, 137)
  await container.remove()
})

test("the image's or the service's stop signal is the one that is sent", async () => {
  const container = await start(engine, {
    Cmd: ['sh', '-c', 'trap "exit 42" USR1; while :; do sleep 0.05; done'],
    StopSignal: 'SIGUSR1',
  })
  await exec(container, ['true'])
  await container.stop({ t: 10 })
  assert.equal((await container.inspect()).State?.ExitCode, 42)
  await container.remove()
})

test('a command that does not exist fails the start with 127 and leaves nothing', async () => {
  const container = await engine.docker.createContainer({ Image: 'busybox', Cmd: ['no-such-program'] })
  await assert.rejects(container.start(), /no-such-program/)
  const { State, NetworkSettings } = await container.inspect()
  assert.equal(State?.Status, 'created')
  assert.equal(State?.ExitCode, 127)
  assert.equal(NetworkSettings?.IPAddress, '')
  await container.remove()
})

for (const Runtime of ['crun', 'runc'])
  test(`${Runtime}: the exit code of a program that can't be started says why`, async () => {
    const device = { PathOnHost: '/dev/null', PathInContainer: '/etc/passwd/x', CgroupPermissions: 'r' }
    for (const [program, ExitCode, Devices] of [
      ['no-such-program', 127, []],
      ['/no/such/program', 127, []],
      ['/etc/passwd', 126, []],
      ['/etc', 126, []],
      ['true', 128, [device]],
    ] as const) {
      const container = await engine.docker.createContainer({
        Image: 'busybox',
        Cmd: [program],
        HostConfig: { Runtime, Devices: [...Devices] },
      })
      await assert.rejects(container.start())
      const { State } = await container.inspect()
      assert.equal(State?.ExitCode, ExitCode, `${program}: ${State?.Error}`)
      await container.remove()
    }
  })

test('an image that is not there is 404, so that clients pull it', async () => {
  await assert.rejects(engine.docker.createContainer({ Image: 'nowhere:1' }), /No such image: nowhere:1/)
})

test("a taken name is refused with the holder's id", async () => {
  const container = await engine.docker.createContainer({ name: 'taken', Image: 'busybox' })
  await assert.rejects(engine.docker.createContainer({ name: 'taken', Image: 'busybox' }), error => {
    assert.match(
      String(error),
      new RegExp(`The container name "/taken" is already in use by container "${container.id}"`),
    )
    return codeOf('conflict')(error as Error)
  })
  await container.remove()
})

test('environment, working folder, user, groups and host name reach the program', async () => {
  const { stdout } = await shell(engine, 'echo $A-$HOME; pwd; id; hostname', {
    Env: ['A=1'],
    WorkingDir: '/made/on/demand',
    User: 'app',
    Hostname: 'box',
    HostConfig: { GroupAdd: ['65534'] },
  })
  assert.equal(
    stdout,
    '1-/home/app\n/made/on/demand\nuid=1000(app) gid=1000(app) groups=50(staff),1000(app),65534(nogroup)\nbox\n',
  )
})

test('the last line is kept also when it is not ended', async () => {
  const { stdout } = await run(engine, { Cmd: ['printf', 'one\ntwo'] })
  assert.equal(stdout, 'one\ntwo')
})

test('logs: tail, since and timestamps', async () => {
  const container = await start(engine, { Cmd: ['sh', '-c', 'for i in 1 2 3 4 5; do echo line $i; done; printf end'] })
  await container.wait()
  assert.equal((await logsOf(container, { tail: 2 })).stdout, 'line 5\nend')
  assert.equal((await logsOf(container, { tail: 0 })).stdout, '')
  assert.equal((await logsOf(container, { since: Math.floor(Date.now() / 1000) + 60 })).stdout, '')
  assert.equal((await logsOf(container, { since: 1 })).stdout.split('\n').length, 6)
  assert.match(
    (await logsOf(container, { tail: 2, timestamps: true })).stdout,
    /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z line 5\n/,
  )
  await container.remove()
})

test('following logs shows what is there and what comes, and ends with the container', async () => {
  const container = await start(engine, {
    Cmd: ['sh', '-c', 'echo first; read line; echo got $line'],
    OpenStdin: true,
    StdinOnce: true,
  })
  const seen: string[] = []
  const following = (async () => {
    for await (const { data } of frames(await container.logs({ stdout: true, follow: true })))
      seen.push(data.toString())
  })()
  await until(() => seen.join('').includes('first'), 'the first line')
  const stream = await container.attach({ stream: true, stdin: true })
  stream.end('hello\n')
  await following
  assert.equal(seen.join(''), 'first\ngot hello\n')
  await container.remove({ force: true })
})

test('attach before the start misses nothing', async () => {
  const container = await engine.docker.createContainer({ Image: 'busybox', Cmd: ['sh', '-c', 'echo one; echo two'] })
  const stream = await container.attach({ stream: true, stdout: true, stderr: true })
  await container.start()
  let text = ''
  for await (const { data } of frames(stream)) text += data
  assert.equal(text, 'one\ntwo\n')
  await container.remove()
})

test('exec hands input, output and the exit code through', async () => {
  const container = await start(engine, { Cmd: ['sleep', '1000'], Env: ['A=1'] })
  assert.deepEqual(await exec(container, ['sh', '-c', 'cat; echo $A >&2; exit 5'], { stdin: 'given' }), {
    exitCode: 5,
    stdout: 'given',
    stderr: '1\n',
  })
  assert.equal((await exec(container, ['id', '-u'], { user: 'app' })).stdout, '1000\n')
  const missing = await exec(container, ['no-such-program'])
  assert.equal(missing.exitCode, 127)
  assert.match(missing.stdout + missing.stderr, /no-such-program/)
  await container.remove({ force: true })
})

test('exec with a terminal is one stream, of the size that was asked for', async () => {
  const container = await start(engine, { Cmd: ['sleep', '1000'] })
  const created = await container.exec({
    // crun hands the size on beside the start of the program, which may be faster.
    Cmd: ['sh', '-c', 'until stty size 2>/dev/null | grep 33; do usleep 5000; done; tty -s && echo terminal'],
    Tty: true,
    AttachStdout: true,
    ConsoleSize: [33, 99],
  })
  let text = ''
  for await (const chunk of await created.start({ Tty: true, ConsoleSize: [33, 99] })) text += chunk
  assert.equal(text, '33 99\r\nterminal\r\n')
  assert.equal((await created.inspect()).ExitCode, 0)
  await container.remove({ force: true })
})

test('a container with a terminal prints one raw stream', async () => {
  const container = await start(engine, { Cmd: ['sh', '-c', 'tty -s && echo terminal'], Tty: true })
  await container.wait()
  let text = ''
  for await (const chunk of await container.logs({ stdout: true, stderr: true })) text += chunk
  assert.equal(text, 'terminal\r\n')
  await container.remove()
})

test('restart: on-failure tries as often as it says', async () => {
  const container = await start(engine, {
    Cmd: ['sh', '-c', 'echo try; exit 3'],
    HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 } },
  })
  await until(async () => {
    const { State, RestartCount } = await container.inspect()
    return State?.Status === 'exited' && RestartCount === 2
  }, 'the last try')
  assert.equal((await logsOf(container)).stdout, 'try\ntry\ntry\n')
  await container.remove()
})

test('restart: always comes back from its own end, not from a stop', async () => {
  const container = await start(engine, {
    Cmd: ['sh', '-c', 'echo up; sleep 0.2'],
    HostConfig: { RestartPolicy: { Name: 'always' } },
  })
  await until(async () => ((await container.inspect()).RestartCount ?? 0) >= 1, 'a restart')
  await container.stop({ t: 0 })
  const { State, RestartCount } = await container.inspect()
  assert.equal(State?.Status, 'exited')
  await container.remove()
  assert.ok((RestartCount ?? 0) >= 1)
})

const health = (script: string, more = {}) => ({
  Test: ['CMD-SHELL', script],
  Interval: 50e6,
  Timeout: 1e9,
  Retries: 2,
  ...more,
})
const healthOf = async (container: Awaited<ReturnType<typeof start>>) => (await container.inspect()).State?.Health

test('a followed log ends with the life of its container, also where a restart brings it back', async () => {
  const container = await start(engine, { Cmd: ['sh', '-c', 'echo begin; exec sleep 1000'] })
  const follow = () => {
    let seen = ''
    const ended = (async () => {
      for await (const { data } of frames(await container.logs({ stdout: true, follow: true }))) seen += data
    })()
    return { seen: () => seen, ended }
  }
  const first = follow()
  await until(() => first.seen() === 'begin\n', 'the first life')
  await container.restart({ t: 0 })
  await first.ended
  assert.equal(first.seen(), 'begin\n')
  const second = follow()
  await until(() => second.seen() === 'begin\nbegin\n', 'the second life')
  await container.stop({ t: 0 })
  await second.ended
  await container.remove()
})

test('health: healthy once the probe succeeds, unhealthy after so many failures', async () => {
  const container = await start(engine, { Cmd: ['sleep', '1000'], Healthcheck: health('echo probe; test -e /ready') })
  await until(async () => (await healthOf(container))?.Status === 'unhealthy', 'unhealthy')
  assert.equal((await healthOf(container))?.Log?.[0]?.Output, 'probe\n')
  await exec(container, ['touch', '/ready'])
  await until(async () => (await healthOf(container))?.Status === 'healthy', 'healthy')
  assert.equal((await healthOf(container))?.FailingStreak, 0)
  await container.remove({ force: true })
})

test('health: failures of the start period do not count', async () => {
  const container = await start(engine, {
    Cmd: ['sleep', '1000'],
    Healthcheck: health('test -e /ready', { StartPeriod: 60e9, StartInterval: 50e6 }),
  })
  await until(async () => ((await healthOf(container))?.Log?.length ?? 0) >= 4, 'four probes')
  assert.equal((await healthOf(container))?.Status, 'starting')
  await container.remove({ force: true })
})

test('health: a probe that takes too long is ended with what it started, and counts', async () => {
  const container = await start(engine, {
    Cmd: ['sleep', '1000'],
    Healthcheck: { Test: ['CMD', 'sh', '-c', 'sleep 777 & sleep 778'], Interval: 50e6, Timeout: 200e6, Retries: 1 },
  })
  await until(async () => (await healthOf(container))?.Status === 'unhealthy', 'unhealthy')
  assert.match((await healthOf(container))?.Log?.[0]?.Output ?? '', /exceeded timeout/)
  const running = (await exec(container, ['ps'])).stdout.split('\n').filter(line => /sleep 77[78]/.test(line))
  assert.ok(running.length <= 3, running.join('\n'))
  await container.remove({ force: true })
})

test("health: NONE switches the image's check off", async () => {
  const container = await start(engine, { Cmd: ['sleep', '1000'], Healthcheck: { Test: ['NONE'] } })
  assert.equal(await healthOf(container), undefined)
  await container.remove({ force: true })
})

test("limits are those of the container's cgroup", async () => {
  const container = await start(engine, {
    Cmd: ['sleep', '1000'],
    HostConfig: { Memory: 64 * 1024 * 1024, PidsLimit: 50, NanoCpus: 5e8 },
  })
  const { stdout } = await exec(container, [
    'sh',
    '-c',
    'cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/cpu/cpu.cfs_quota_us 2>/dev/null || cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max /sys/fs/cgroup/cpu.max',
  ])
  assert.match(stdout, /^67108864\n50\n50000/)
  await container.remove({ force: true })
})

test('out of memory is told', async () => {
  const container = await start(engine, {
    Cmd: ['sh', '-c', 'head -c 200m /dev/zero | tail'],
    HostConfig: { Memory: 16 * 1024 * 1024, MemorySwap: 16 * 1024 * 1024 },
  })
  await container.wait()
  const { State } = await container.inspect()
  assert.notEqual(State?.ExitCode, 0)
  await container.remove()
})

test('rename, pause and unpause', async () => {
  const container = await start(engine, { name: 'before', Cmd: ['sleep', '1000'] })
  await container.rename({ name: 'behind' })
  assert.equal((await engine.docker.getContainer('behind').inspect()).Id, container.id)
  await container.pause()
  assert.equal((await container.inspect()).State?.Status, 'paused')
  await container.unpause()
  // Whoever comes second is told what is so by then, not what the runtime trips over.
  const both = await Promise.allSettled([container.pause(), container.pause()])
  assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  const refused = both.find(({ status }) => status === 'rejected')
  assert.match(String(refused?.status === 'rejected' && refused.reason), /is already paused/)
  await container.unpause()
  assert.equal((await container.inspect()).State?.Status, 'running')
  await container.remove({ force: true })
})

test('a running container is only removed by force', async () => {
  const container = await start(engine, { Cmd: ['sleep', '1000'] })
  await assert.rejects(container.remove(), /container is running: stop the container before removing or force remove/)
  await container.remove({ force: true })
  await assert.rejects(container.inspect(), /No such container/)
})

test('runc runs containers too', async () => {
  const { stdout, exitCode } = await shell(engine, 'echo by runc; exit 4', { HostConfig: { Runtime: 'runc' } })
  assert.deepEqual([stdout, exitCode], ['by runc\n', 4])
})

test('what this engine has not is refused by name before anything is made', async () => {
  const before = (await engine.docker.listContainers({ all: true })).length
  const create = (HostConfig: object) => engine.docker.createContainer({ Image: 'busybox', HostConfig })
  await assert.rejects(create({ SecurityOpt: ['apparmor=other'] }), /apparmor=other/)
  await assert.rejects(create({ LogConfig: { Type: 'syslog' } }), /syslog/)
  assert.equal((await engine.docker.listContainers({ all: true })).length, before)
})

test('the socket is for its owner alone', () => {
  assert.equal(execFileSync('stat', ['-c', '%a', `${engine.runRoot}/engine.sock`], { encoding: 'utf8' }).trim(), '600')
})
