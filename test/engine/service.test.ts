// The engine under a service manager: it tells when it is ready, takes the place of one that a command started, and
// leaves it to the manager to start it again.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Docker } from '../../src/docker/client/docker.ts'
import { AF, bind, close, recv, SOCK, socket } from '../../src/engine/kernel/libc.ts'
import { unixAddress } from '../../src/engine/start/service-manager.ts'
import { engineRoots } from '../../src/shared/roots.ts'
import { alive, processesOf, startEngine, until } from './engine-process.ts'
import { importBusybox, start } from './run.ts'

const entry = new URL('../../dist/engine.js', import.meta.url).pathname

test('as a service it is ready when it answers, takes over from another with its containers, and has no supervisor', async () => {
  await using engine = await startEngine()
  await importBusybox(engine)
  const container = await start(engine, { Cmd: ['sleep', '1000'], StopTimeout: 0 })
  const inside = (await container.inspect()).State?.Pid
  const before = engine.pid()
  engine.docker.close()

  const manager = socket(AF.UNIX, SOCK.DGRAM | SOCK.NONBLOCK, 0)
  const notifyPath = join(engine.root, 'notify')
  bind(manager, unixAddress(notifyPath))
  const child: ChildProcess = spawn(process.execPath, [entry], {
    env: { ...engine.env, NOTIFY_SOCKET: notifyPath, TSC_COMPOSE_SUPERVISED: '1' },
    stdio: 'ignore',
  })
  try {
    const buffer = Buffer.alloc(64)
    let told = ''
    await until(() => {
      const count = recv(manager, buffer)
      if (count > 0) told = buffer.toString('utf8', 0, count)
      return told !== ''
    }, 'the word of the new engine')
    assert.equal(told, 'READY=1')
    assert.ok(!alive(before), 'the old one has gone')
    assert.equal(engine.pid(), child.pid)
    engine.docker = new Docker({ kind: 'unix', path: engineRoots(engine.env).socketPath })
    assert.equal((await engine.docker.getContainer(container.id).inspect()).State?.Pid, inside)
    await until(() => !processesOf(engine.root).some(line => line.includes('supervisor')), 'the end of the supervisor')
    assert.ok(!existsSync(join(engine.runRoot, 'needed')))
  } finally {
    close(manager)
    await engine.docker.getContainer(container.id).remove({ force: true })
    await engine.stop()
  }
})
