// Health checks: every form, and that a probe that takes too long is ended with everything it started.
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import type { HealthConfig } from '../../../src/docker/protocol/types.ts'
import { startEngine, type TestEngine, until } from '../engine-process.ts'
import { exec, importBusybox, start } from '../run.ts'

let engine: TestEngine
before(async () => {
  engine = await startEngine()
  await importBusybox(engine)
})
after(() => engine[Symbol.asyncDispose]())

const millisecond = 1e6
const quick = { Interval: 100 * millisecond, Retries: 1 }
const healthOf = async (container: Awaited<ReturnType<typeof start>>) => (await container.inspect()).State?.Health

/** The groups of probes below the container's own. */
const probeGroups = (id: string) => globSync(`/sys/fs/cgroup/{,*/}tsc-compose-*/${id}/probe-*`)

for (const Runtime of ['crun', 'runc']) {
  test(`${Runtime}: a probe that takes too long ends with a daemon that it detached twice`, async () => {
    const container = await start(engine, {
      Cmd: ['sleep', '1000'],
      Healthcheck: {
        ...quick,
        Test: ['CMD-SHELL', "setsid sh -c 'env -i setsid sleep 7771 & exit'; sleep 7772"],
        Interval: 100 * millisecond,
        Timeout: 300 * millisecond,
      },
      HostConfig: { Runtime },
    })
    await until(async () => (await healthOf(container))?.Status === 'unhealthy', 'unhealthy')
    const health = await healthOf(container)
    assert.match(health?.Log?.[0]?.Output ?? '', /Health check exceeded timeout \(0\.3s\)/)
    assert.equal(health?.Log?.[0]?.ExitCode, -1)
    // No probe is running at the moment between two.
    await until(async () => !/sleep 777[12]/.test((await exec(container, ['ps'])).stdout), 'the end of the probe')
    await until(() => probeGroups(container.id).length === 0, 'the end of its group')
    await container.remove({ force: true })
  })

  test(`${Runtime}: what a probe that succeeds leaves running stays, in the container's own group`, async () => {
    const container = await start(engine, {
      Cmd: ['sleep', '1000'],
      Healthcheck: {
        ...quick,
        Test: ['CMD-SHELL', '[ -e /once ] || { : >/once; setsid sleep 7773 >/dev/null 2>&1 & }'],
      },
      HostConfig: { Runtime, PidsLimit: 50 },
    })
    await until(async () => (await healthOf(container))?.Status === 'healthy', 'healthy')
    await until(() => probeGroups(container.id).length === 0, 'a moment without a probe')
    const { stdout } = await exec(container, ['sh', '-c', 'cat /proc/$(pidof sleep | tr " " "\\n" | head -1)/cgroup'])
    const own = readFileSync(`/proc/${(await container.inspect()).State?.Pid}/cgroup`, 'utf8')
    assert.match((await exec(container, ['ps'])).stdout, /sleep 7773/)
    assert.equal(stdout, own)
    await container.remove({ force: true })
    assert.deepEqual(globSync(`/sys/fs/cgroup/{,*/}tsc-compose-*/${container.id}`), [])
  })
}

test('a probe that an engine was killed in is ended by the next one', async () => {
  const container = await start(engine, {
    Cmd: ['sleep', '1000'],
    Healthcheck: { ...quick, Test: ['CMD-SHELL', 'setsid sleep 7774 & sleep 7775'], Timeout: 1e12 },
  })
  const { Pid = 0 } = (await container.inspect()).State ?? {}
  const sleepers = () =>
    probeGroups(container.id)
      .flatMap(folder => readFileSync(`${folder}/cgroup.procs`, 'utf8').split('\n'))
      .filter(
        pid => pid !== '' && existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('777'),
      )
  await until(() => sleepers().length > 0, 'the probe')
  const [first = ''] = sleepers()
  await engine.crash()
  await until(
    () => !existsSync(`/proc/${first}`) || /\) Z /.test(readFileSync(`/proc/${first}/stat`, 'utf8')),
    'its end',
  )
  assert.ok(existsSync(`/proc/${Pid}`))
  await engine.docker.getContainer(container.id).remove({ force: true })
})

test("CMD, CMD-SHELL with the image's shell, NONE, and what the image says", async () => {
  const results = async (Healthcheck: HealthConfig, more: object = {}) => {
    const container = await start(engine, {
      Cmd: ['sleep', '1000'],
      Healthcheck: { ...quick, ...Healthcheck },
      ...more,
    })
    await until(async () => (await healthOf(container))?.Status !== 'starting', 'a first result')
    const health = await healthOf(container)
    await container.remove({ force: true })
    return [health?.Status, health?.Log?.[0]?.Output]
  }
  assert.deepEqual(await results({ Test: ['CMD', 'echo', '$HOME'] }), ['healthy', '$HOME\n'])
  assert.deepEqual(await results({ Test: ['CMD-SHELL', 'echo $HOME; exit 3'] }), ['unhealthy', '/root\n'])
  assert.deepEqual(await results({ Test: ['CMD-SHELL', 'x'] }, { Shell: ['/bin/echo', 'shell'] }), [
    'healthy',
    'shell x\n',
  ])
  const none = await start(engine, { Cmd: ['sleep', '1000'], Healthcheck: { Test: ['NONE'] } })
  assert.equal(await healthOf(none), undefined)
  await none.remove({ force: true })
})

test('in the start period probes come by its own interval and failures do not count', async () => {
  const container = await start(engine, {
    Cmd: ['sleep', '1000'],
    Healthcheck: {
      Test: ['CMD-SHELL', 'echo probe >>/probes; [ -e /ready ]'],
      // Were this the interval, nothing would come within the test.
      Interval: 1e12,
      StartPeriod: 1e12,
      StartInterval: 50 * millisecond,
      Retries: 1,
    },
  })
  const count = async () => (await exec(container, ['wc', '-l', '/probes'])).stdout
  await until(async () => Number.parseInt(await count(), 10) >= 3, 'three probes')
  assert.deepEqual([(await healthOf(container))?.Status, (await healthOf(container))?.FailingStreak], ['starting', 0])
  await exec(container, ['touch', '/ready'])
  await until(async () => (await healthOf(container))?.Status === 'healthy', 'healthy')
  await container.remove({ force: true })
})
