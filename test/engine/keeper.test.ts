// conmon, which holds a container's output and its exit code, is killed: the container is dealt with truthfully.
import assert from 'node:assert/strict'
import { globSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { after, before, test } from 'node:test'
import type { Container } from '../../src/docker/client/container.ts'
import { linkNames } from '../../src/engine/networks/link-names.ts'
import { isErrno } from '../../src/shared/errors.ts'
import { alive, processesOf, startEngine, type TestEngine, until } from './engine-process.ts'
import { importBusybox, logsOf, start } from './run.ts'

let engine: TestEngine
before(async () => {
  engine = await startEngine()
  await importBusybox(engine)
})
after(() => engine[Symbol.asyncDispose]())

const conmonOf = ({ id }: Pick<Container, 'id'>) =>
  Number(readFileSync(`${engine.root}/containers/${id}/conmon.pid`, 'utf8'))
/** conmon forks itself, so one of its processes may be gone by now. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error
  }
}

/** Whether a descriptor of the engine's is one; false for what was closed since it was listed. */
function isPidfd(fd: string): boolean {
  try {
    return readlinkSync(`/proc/${engine.pid()}/fd/${fd}`).includes('pidfd')
  } catch {
    return false
  }
}
const stateOf = async (container: Container) => (await container.inspect()).State

test('a container whose conmon was killed is ended, and says why', async () => {
  const container = await start(engine, { Cmd: ['sleep', '1000'] })
  const pid = (await stateOf(container))?.Pid ?? 0
  const waiting = container.wait()
  process.kill(conmonOf(container), 'SIGKILL')
  assert.equal((await waiting).StatusCode, 137)
  assert.ok(!alive(pid), 'nothing of it runs on')
  const state = await stateOf(container)
  assert.deepEqual([state?.Status, state?.ExitCode, state?.Pid], ['exited', 137, 0])
  assert.match(state?.Error ?? '', /conmon.* ended without noting a code/)
  await container.start()
  assert.deepEqual([(await stateOf(container))?.Status, (await stateOf(container))?.Error], ['running', ''])
  await container.remove({ force: true })
})

test('whoever asks after the end of a conmon is not told that its container runs', async () => {
  const container = await start(engine, { Cmd: ['sleep', '1000'] })
  const other = await start(engine, { Cmd: ['sleep', '1000'] })
  for (const [{ id }, running] of [
    [container, async () => (await engine.docker.listContainers()).some(({ Id }) => Id === container.id)],
    [other, async () => (await stateOf(other))?.Running],
  ] as const) {
    const conmon = conmonOf({ id })
    assert.equal(await running(), true)
    process.kill(conmon, 'SIGKILL')
    await until(() => !alive(conmon), 'the end of conmon')
    assert.equal(await running(), false)
  }
  for (const one of [container, other]) await one.remove({ force: true })
})

test('a container that was started again is not ended by the end of its earlier conmon', async () => {
  const restarted = await Promise.all(Array.from({ length: 4 }, () => start(engine, { Cmd: ['sleep', '1000'] })))
  const other = await start(engine, { Cmd: ['sleep', '1000'] })
  const waiting = other.wait()
  const held = () => readdirSync(`/proc/${engine.pid()}/fd`).filter(isPidfd).length
  await until(() => held() === restarted.length + 1, 'a look at all conmons')
  await Promise.all(restarted.map(container => container.restart({ t: 0 })))
  const pids = await Promise.all(restarted.map(async container => (await stateOf(container))?.Pid))
  process.kill(conmonOf(other), 'SIGKILL')
  // Noticed in the look in which the others' earlier conmons would be.
  await waiting
  for (const [index, container] of restarted.entries()) {
    const state = await stateOf(container)
    assert.deepEqual([state?.Status, state?.Pid, state?.Error], ['running', pids[index], ''])
    await container.remove({ force: true })
  }
  await other.remove()
})

test('the restart policy of a container whose conmon was killed is followed, and its log goes on', async () => {
  const container = await start(engine, {
    Cmd: ['sh', '-c', 'printf "half a line"; exec sleep 1000'],
    HostConfig: { RestartPolicy: { Name: 'always' } },
  })
  await until(async () => (await logsOf(container)).stdout === 'half a line', 'the output')
  process.kill(conmonOf(container), 'SIGKILL')
  await until(async () => (await container.inspect()).RestartCount === 1, 'the restart')
  await until(async () => /half a line.*half a line/s.test((await logsOf(container)).stdout), 'the output after it')
  await container.remove({ force: true })
})

test('conmon and engine killed together: the next engine finds the orphan', async () => {
  const container = await start(engine, { Cmd: ['sleep', '1000'] })
  const pid = (await stateOf(container))?.Pid ?? 0
  process.kill(conmonOf(container), 'SIGKILL')
  await engine.crash()
  const again = engine.docker.getContainer(container.id)
  await until(async () => (await stateOf(again))?.Status === 'exited', 'the recorded end')
  assert.equal((await stateOf(again))?.ExitCode, 137)
  assert.ok(!alive(pid))
  await again.remove()
})

test('a conmon killed in the middle of a start leaves nothing of it, and the next start works', async () => {
  const { prefix } = linkNames(engine.root)
  const left = () => [
    ...processesOf(engine.root).filter(line => /crun|conmon/.test(line)),
    ...globSync(`/sys/fs/cgroup/{,*/}tsc-compose-${prefix.slice(3)}/*/`),
    ...readdirSync(`${engine.runRoot}/runtime-state/crun`),
  ]
  let met = 0
  for (let round = 0; round < 30; round++) {
    const container = await engine.docker.createContainer({ Image: 'busybox', Cmd: ['sleep', '1000'] })
    const starting = container.start().then(
      () => 'started',
      error => String(error),
    )
    const end = Date.now() + 1000
    let outcome: string | undefined
    void starting.then(said => {
      outcome = said
    })
    // conmon names the container from its first moment, before it has written who it is.
    while (outcome === undefined && Date.now() < end) {
      const pids = processesOf(engine.root).flatMap(line =>
        / \S*conmon .*--cid/.test(line) && line.includes(container.id) ? [Number(line.split(' ')[0])] : [],
      )
      for (const pid of pids) killIfThere(pid)
      await new Promise(setImmediate)
    }
    if ((await starting) !== 'started') met++
    await container.remove({ force: true })
  }
  assert.ok(met > 0, 'one was met before it had answered')
  assert.deepEqual(left(), [])
  const next = await start(engine, { Cmd: ['sleep', '1000'] })
  await next.remove({ force: true })
})
