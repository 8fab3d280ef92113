// The engine ends at any moment: what it had acknowledged is there, what it had begun leaves nothing.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { AF, bind, close, listen, SOCK, setsockopt, socket } from '../../src/engine/kernel/libc.ts'
import { nft } from '../../src/engine/kernel/nftables.ts'
import { linkNames } from '../../src/engine/networks/link-names.ts'
import { socketAddress } from '../../src/engine/networks/socket-address.ts'
import { isErrno } from '../../src/shared/errors.ts'
import { alive, processesOf, startEngine, type TestEngine, until } from './engine-process.ts'
import { exec, importBusybox, logsOf, start } from './run.ts'

const web = ['sh', '-c', 'echo served > /var/www/index.html; exec httpd -f -p 80 -h /var/www']
const get = (url: string) => fetch(url, { signal: AbortSignal.timeout(5000) }).then(response => response.text())

const [SOL_SOCKET, SO_REUSEADDR] = [1, 2]

/** Everything of an engine that is outside its data root. */
function traces({ root }: TestEngine): string[] {
  const names = linkNames(root)
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter(line => line.includes(root))
  const links = readFileSync('/proc/net/dev', 'utf8')
    .split('\n')
    .filter(line => line.includes(names.prefix))
  const rules = nft('list ruleset')
    .split('\n')
    .filter(line => line.includes(names.table) || line.includes(names.prefix))
  const groups = readdirSync('/sys/fs/cgroup').flatMap(controller => {
    const path = `/sys/fs/cgroup/${controller}/tsc-compose-${names.prefix.slice(3)}`
    return existsSync(path) ? [path] : []
  })
  return [...mounts, ...links, ...rules, ...groups, ...processesOf(root)]
}

test('kill -9 of the engine: containers run on, names, ports, health checks and logs go on', async () => {
  await using engine = await startEngine()
  await importBusybox(engine)
  await engine.docker.createNetwork({ Name: 'net' })
  const on = { NetworkMode: 'net' }
  const server = await start(engine, {
    name: 'server',
    Cmd: web,
    HostConfig: { ...on, PortBindings: { '80/tcp': [{ HostPort: '18331' }] } },
    Healthcheck: { Test: ['CMD', 'test', '-e', '/ready'], Interval: 50e6, Retries: 1 },
  })
  const counter = await start(engine, {
    name: 'counter',
    Cmd: ['sh', '-c', 'i=0; while :; do i=$((i+1)); echo line $i; sleep 0.01; done'],
    HostConfig: on,
  })
  await until(async () => (await server.inspect()).State?.Health?.Status === 'unhealthy', 'the first probe')
  const pids = await Promise.all([server, counter].map(async container => (await container.inspect()).State?.Pid))
  await engine.crash()
  const [again, count] = [server, counter].map(({ id }) => engine.docker.getContainer(id))
  assert.ok(again && count)
  assert.deepEqual(
    await Promise.all([again, count].map(async container => (await container.inspect()).State?.Pid)),
    pids,
  )
  assert.equal(await get('http://127.0.0.1:18331/'), 'served\n')
  assert.equal(await get('http://[::1]:18331/'), 'served\n')
  assert.equal((await exec(count, ['wget', '-q', '-O-', 'http://server/'])).stdout, 'served\n')
  await exec(again, ['touch', '/ready'])
  await until(async () => (await again.inspect()).State?.Health?.Status === 'healthy', 'the next probe')
  await count.kill()
  const lines = (await logsOf(count)).stdout.trim().split('\n')
  assert.deepEqual(
    lines,
    lines.map((_, index) => `line ${index + 1}`),
  )
  assert.ok(lines.length > 10)
})

test('the exit code of a container that ended while nobody watched is there, and its policy is followed', async () => {
  await using engine = await startEngine()
  await importBusybox(engine)
  const script = (code: number) => ['sh', '-c', `while [ ! -e /go ]; do sleep 0.01; done; exit ${code}`]
  const ended = await start(engine, { Cmd: script(42) })
  const again = await start(engine, {
    Cmd: ['sh', '-c', 'test -e /go && exec sleep 1000; while [ ! -e /go ]; do sleep 0.01; done; exit 1'],
    HostConfig: { RestartPolicy: { Name: 'always' } },
  })
  const roots = await Promise.all(
    [ended, again].map(async container => `/proc/${(await container.inspect()).State?.Pid}`),
  )
  // The supervisor must not be faster: it waits for a lock, which is held here after the engine's end.
  const supervisor = JSON.parse(readFileSync(`${engine.runRoot}/supervisor`, 'utf8')) as { pid: number }
  process.kill(supervisor.pid, 'SIGSTOP')
  const before = engine.pid()
  process.kill(before, 'SIGKILL')
  await until(() => !alive(before), 'the end of the engine')
  for (const root of roots) execFileSync('touch', [`${root}/root/go`])
  await until(() => roots.every(root => !alive(Number(root.slice(6)))), 'the end of both containers')
  process.kill(supervisor.pid, 'SIGCONT')
  engine.docker.close()
  await until(() => engine.pid() !== before && alive(engine.pid()), 'a new engine')
  const [first, second] = [ended, again].map(({ id }) => engine.docker.getContainer(id))
  assert.ok(first && second)
  await until(
    async () =>
      first.inspect().then(
        ({ State }) => State?.Status === 'exited',
        () => false,
      ),
    'the recorded end',
  )
  assert.equal((await first.inspect()).State?.ExitCode, 42)
  await until(async () => (await second.inspect()).State?.Status === 'running', 'the restart')
})

test('a published port that somebody takes while there is no engine still leads to its container', async () => {
  await using engine = await startEngine()
  await importBusybox(engine)
  const PortBindings = { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '18332' }] }
  const container = await start(engine, { Cmd: web, HostConfig: { PortBindings } })
  const fd = socket(AF.INET, SOCK.STREAM, 0)
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, 1)
  try {
    await engine.crash(() => take(fd, socketAddress('127.0.0.1', 18332)))
    const served = () => get('http://127.0.0.1:18332/').then(text => text === 'served\n')
    await until(() => served().catch(() => false), 'an answer of the container')
    // Its rule goes with it.
    await engine.docker.getContainer(container.id).remove({ force: true })
    const { table } = linkNames(engine.root)
    await until(() => !nft(`list table ip ${table}`).includes('18332'), 'the end of the rule')
  } finally {
    close(fd)
  }
})

/** Threads of a process that was killed may hold its port for a moment longer; the next engine takes longer still. */
function take(fd: number, address: Uint8Array): void {
  for (const deadline = Date.now() + 1000; ; ) {
    try {
      bind(fd, address)
      listen(fd)
      return
    } catch (error) {
      if (!isErrno(error, 'EADDRINUSE') || Date.now() > deadline) throw error
    }
  }
}

test('kill -9 while containers start and stop leaves nothing of the half-made ones', async () => {
  await using engine = await startEngine()
  await importBusybox(engine)
  await engine.docker.createNetwork({ Name: 'net' })
  for (let round = 0; round < 5; round++) {
    const doing = Array.from({ length: 6 }, async (_, index) => {
      const container = await engine.docker.createContainer({
        name: `c${round}-${index}`,
        Image: 'busybox',
        Cmd: ['sleep', '1000'],
        HostConfig: { NetworkMode: 'net', PortBindings: { '80/tcp': [{ HostPort: String(18340 + index) }] } },
      })
      await container.start()
      await container.stop({ t: 0 })
    })
    // The moment differs from round to round: after so many answers of the engine.
    await Promise.race([Promise.all(doing), ...doing.slice(0, 1)]).catch(() => {})
    await engine.crash()
    await Promise.allSettled(doing)
    for (const { Id = '' } of await engine.docker.listContainers({ all: true }))
      await engine.docker.getContainer(Id).remove({ force: true, v: true })
    const { Containers } = await engine.docker.getNetwork('net').inspect()
    assert.deepEqual(Containers, {})
  }
  for (const folder of ['netns', 'rootfs']) assert.deepEqual(readdirSync(`${engine.runRoot}/${folder}`), [])
  assert.deepEqual(readdirSync(`${engine.root}/containers`), [])
  assert.deepEqual(
    traces(engine).filter(trace => /v[0-9a-f]{7}|overlay/.test(trace)),
    [],
  )
  await engine.docker.getNetwork('net').remove()
})

test('after a stop of the engine nothing of it is left on the host', async () => {
  const engine = await startEngine()
  await using _ = engine
  await importBusybox(engine)
  await engine.docker.createNetwork({ Name: 'net' })
  await start(engine, {
    Cmd: ['sleep', '1000'],
    StopTimeout: 0,
    HostConfig: { NetworkMode: 'net', Binds: ['vol:/v'], PortBindings: { '80/tcp': [{ HostPort: '18350' }] } },
  })
  assert.notDeepEqual(traces(engine), [], 'there is something to be left')
  await engine.stop()
  await until(() => traces(engine).length === 0, `the end of ${traces(engine).join('\n')}`)
})

test('an engine that nobody needs goes by itself, one whose container runs stays', async () => {
  await using engine = await startEngine({ TSC_COMPOSE_IDLE_SECONDS: '1' })
  await importBusybox(engine)
  const container = await start(engine, { Cmd: ['sleep', '4'] })
  const pid = engine.pid()
  const inside = (await container.inspect()).State?.Pid ?? 0
  engine.docker.close()
  await until(() => !alive(inside), 'the end of the container')
  assert.ok(alive(pid), 'the engine outlasts three times its patience')
  await until(() => !alive(pid), 'the end of the engine')
  await until(() => traces(engine).length === 0, `the end of ${traces(engine).join('\n')}`)
})

test('two data roots side by side do not see each other', async () => {
  await using one = await startEngine()
  await using two = await startEngine()
  for (const engine of [one, two]) {
    await importBusybox(engine)
    await engine.docker.createNetwork({ Name: 'net' })
    await start(engine, { name: 'same', Cmd: ['sleep', '1000'], HostConfig: { NetworkMode: 'net' } })
  }
  const subnets = await Promise.all(
    [one, two].map(async ({ docker }) => (await docker.getNetwork('net').inspect()).IPAM?.Config?.[0]?.Subnet),
  )
  assert.notEqual(subnets[0], subnets[1])
  await one.docker.getContainer('same').remove({ force: true })
  await one.docker.getNetwork('net').remove()
  assert.equal((await two.docker.getContainer('same').inspect()).State?.Status, 'running')
  assert.equal((await exec(two.docker.getContainer('same'), ['nslookup', '-type=a', 'same'])).exitCode, 0)
})

test('a second engine of the same data root gives way to the first', async () => {
  await using engine = await startEngine()
  const pid = engine.pid()
  const said = execFileSync('sh', ['-c', `"${process.execPath}" dist/engine.js 3>&1`], {
    env: engine.env,
    encoding: 'utf8',
  })
  assert.equal(said, 'ready\n')
  assert.equal(engine.pid(), pid)
})

test('a supervisor that was killed is replaced while a container runs', async () => {
  await using engine = await startEngine()
  await importBusybox(engine)
  const supervisor = () => (JSON.parse(readFileSync(`${engine.runRoot}/supervisor`, 'utf8')) as { pid: number }).pid
  await start(engine, { Cmd: ['sleep', '1000'] })
  const before = supervisor()
  process.kill(before, 'SIGKILL')
  await until(() => supervisor() !== before && alive(supervisor()), 'the next supervisor')
  const pid = engine.pid()
  process.kill(pid, 'SIGKILL')
  engine.docker.close()
  await until(() => engine.pid() !== pid && alive(engine.pid()), 'the next engine')
  engine.reconnect()
  await until(async () => (await engine.docker.ping().catch(() => undefined)) !== undefined, 'its answer')
  // Now it is the engine's parent.
  const parent = supervisor()
  process.kill(parent, 'SIGKILL')
  await until(() => supervisor() !== parent && alive(supervisor()), 'one more supervisor')
})

/** Writes into a container's record what a kill at another moment would have left there. */
function rewrite({ root }: TestEngine, id: string, change: Record<string, unknown>, status: string): void {
  const database = new DatabaseSync(`${root}/engine.db`)
  const body = String(database.prepare('SELECT body FROM containers WHERE id = ?').get(id)?.body)
  // The engine wrote it.
  const record = JSON.parse(body) as { state: object }
  const changed = { ...record, ...change, state: { ...record.state, status } }
  database.prepare('UPDATE containers SET body = ? WHERE id = ?').run(JSON.stringify(changed), id)
  database.close()
}

test('an interrupted removal that can not be finished keeps nothing else from being finished', async () => {
  await using engine = await startEngine()
  await importBusybox(engine)
  const create = (HostConfig = {}) =>
    engine.docker.createContainer({ Image: 'busybox', Cmd: ['sleep', '1000'], HostConfig })
  const [stuck, restarting, ended] = await Promise.all([create(), create(), create({ AutoRemove: true })])
  const busy = `${engine.root}/containers/${stuck.id}/upper`
  try {
    await engine.crash(() => {
      execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', busy])
      rewrite(engine, stuck.id, {}, 'removing')
      // Between the stop and the start of a restart by hand.
      rewrite(engine, restarting.id, { stoppedByRequest: true }, 'restarting')
      rewrite(engine, ended.id, {}, 'exited')
    })
    const again = engine.docker.getContainer(restarting.id)
    await until(async () => (await again.inspect()).State?.Status === 'running', 'the restart')
    const left = async () => (await engine.docker.listContainers({ all: true })).map(({ Id }) => Id)
    await until(async () => !(await left()).includes(ended.id), 'the removal')
    assert.ok((await left()).includes(stuck.id))
  } finally {
    execFileSync('umount', [busy])
  }
})

test('a start that was interrupted leaves no process, whichever runtime it was', async () => {
  await using engine = await startEngine()
  await importBusybox(engine)
  const containers = await Promise.all(
    ['crun', 'runc'].map(Runtime => start(engine, { Cmd: ['sleep', '1000'], HostConfig: { Runtime } })),
  )
  const pids = await Promise.all(containers.map(async container => (await container.inspect()).State?.Pid ?? 0))
  // It would start an engine before the records are changed.
  const supervisor = JSON.parse(readFileSync(`${engine.runRoot}/supervisor`, 'utf8')) as { pid: number }
  process.kill(supervisor.pid, 'SIGSTOP')
  try {
    await engine.crash(() => {
      for (const { id } of containers) rewrite(engine, id, {}, 'created')
    })
  } finally {
    process.kill(supervisor.pid, 'SIGCONT')
  }
  await until(() => !pids.some(alive), 'the end of both')
  for (const { id } of containers) await engine.docker.getContainer(id).start()
})

test('a port of its name server that a container has taken does not keep the next engine from serving names', async () => {
  await using engine = await startEngine()
  await importBusybox(engine)
  await engine.docker.createNetwork({ Name: 'net' })
  // The end of a connection that the engine's end closes stays in the kernel for a minute, with its port.
  const asker = await start(engine, {
    name: 'asker',
    Cmd: ['sh', '-c', 'sleep 1000 | nc 127.0.0.11 53; exec sleep 1000'],
    HostConfig: { NetworkMode: 'net' },
  })
  const pid = (await asker.inspect()).State?.Pid
  const connected = /:\w{4} 0B00007F:\w{4} 01 /
  await until(() => connected.test(readFileSync(`/proc/${pid}/net/tcp`, 'utf8')), 'the connection')
  await engine.crash()
  const again = engine.docker.getContainer(asker.id)
  assert.equal((await again.inspect()).State?.Pid, pid)
  assert.equal((await exec(again, ['nslookup', '-type=a', 'asker'])).exitCode, 0)
  await engine.crash()
  assert.equal((await exec(engine.docker.getContainer(asker.id), ['nslookup', '-type=a', 'asker'])).exitCode, 0)
})
