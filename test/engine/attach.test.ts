// Whoever attaches has one life of a container: from its start, which may be to come, to its end.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Container } from '../../src/docker/client/container.ts'
import { frames } from '../../src/docker/protocol/frames.ts'
import { startEngine, type TestEngine, until } from './engine-process.ts'
import { importBusybox, start } from './run.ts'

let engine: TestEngine
before(async () => {
  engine = await startEngine()
  await importBusybox(engine)
})
after(() => engine[Symbol.asyncDispose]())

async function attached(container: Container, stdin = false) {
  const stream = await container.attach({ stream: true, stdin, stdout: true, stderr: true })
  let text = ''
  const whole = (async () => {
    for await (const { data } of frames(stream)) text += data
    return text
  })()
  return { stream, text: () => text, whole }
}

test('attached before a second start, it misses nothing of that life', async () => {
  const container = await start(engine, { Cmd: ['sh', '-c', 'echo one; echo two'] })
  await container.wait()
  const { whole } = await attached(container)
  await container.start()
  assert.equal(await whole, 'one\ntwo\n')
  await container.remove({ force: true })
})

test('it ends with a start that fails', async () => {
  const container = await engine.docker.createContainer({ Image: 'busybox', Cmd: ['no-such-program'] })
  const { whole } = await attached(container)
  await assert.rejects(container.start(), /no-such-program/)
  assert.equal(await whole, '')
  await container.remove()
})

test('it ends when the container does, also when that is started again', async () => {
  const container = await start(engine, {
    Cmd: ['cat'],
    OpenStdin: true,
    HostConfig: { RestartPolicy: { Name: 'always' } },
  })
  const first = await attached(container, true)
  first.stream.write('first\n')
  await until(() => first.text() === 'first\n', 'the answer')
  await container.restart({ t: 0 })
  assert.equal(await first.whole, 'first\n')
  const second = await attached(container, true)
  second.stream.write('second\n')
  await until(() => second.text() === 'second\n', 'the answer of the second life')
  await container.remove({ force: true })
})

test('attached with its input between two lives, it has the next one', async () => {
  const pid = engine.pid()
  const container = await start(engine, {
    Cmd: ['sh', '-c', 'read line; echo "got $line"; exit 1'],
    OpenStdin: true,
    StdinOnce: true,
    HostConfig: { RestartPolicy: { Name: 'always' } },
  })
  const events = await engine.docker.getEvents({ filters: { container: [container.id], event: ['die'] } })
  const first = await attached(container, true)
  first.stream.write('this\n')
  for await (const _ of events) break
  const second = await attached(container, true)
  second.stream.write('that\n')
  assert.equal(await second.whole, 'got that\n')
  assert.equal(engine.pid(), pid)
  await container.remove({ force: true })
})
