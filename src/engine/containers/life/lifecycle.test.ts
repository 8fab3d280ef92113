// What is written when, around a kernel that does as it is told: a kill between two steps must find the truth.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createEventBus } from '../../events/bus.ts'
import { openDatabase } from '../../store/database.ts'
import type { ContainerRecord } from '../record.ts'
import { createRegistry } from '../registry.ts'
import type { Launcher } from './launch.ts'
import { createLifecycle, type LifecycleOptions } from './lifecycle.ts'
import { createWaiters } from './waiting.ts'

const id = 'a'.repeat(64)
/** Above the highest that a kernel gives. */
const noPid = 4194305

/** A lifecycle with one container, which runs as far as it knows. `steps` are those of the kernel's side. */
function setUp(host: ContainerRecord['host'] = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'tsc-lifecycle-'))
  const path = join(folder, 'engine.db')
  const database = openDatabase(path)
  const registry = createRegistry(database.collection<ContainerRecord>('containers'))
  const state = { status: 'running', pid: noPid, startTime: '1', exitCode: 0, startedAt: new Date().toISOString() }
  // The lifecycle reads nothing else of a record.
  const record = {
    id,
    name: 'one',
    config: {},
    host,
    mounts: [{ anonymous: true, name: 'volume' }],
    state,
  } as unknown as ContainerRecord
  registry.save(record)
  /** As whoever comes after a kill reads it. */
  const written = () => {
    using other = openDatabase(path)
    return other.collection<ContainerRecord>('containers').get(id)?.state
  }
  const steps: string[] = []
  const launcher = {
    launch: async () => noPid,
    takeDown: async () => void steps.push('take down'),
    forgetExit: () => void steps.push(`forget ${written()?.status} ${written()?.exitCode}`),
    ranOutOfMemory: () => false,
    runtimeOf: () => ({ call: async ([verb = '']: readonly string[]) => runtimeCalls(verb) }),
    cgroupOf: () => '',
  }
  let runtimeCalls: (verb: string) => Promise<void> = async () => {}
  const volumes = {
    markPassing: () => void steps.push(`mark ${written()?.status}`),
    remove: () => {},
  }
  const lifecycle = createLifecycle({
    registry,
    launcher: launcher as unknown as Launcher,
    volumes,
    waiters: createWaiters(),
    events: createEventBus(),
    folderOf: () => join(folder, 'container'),
    // What only create() uses is left out.
  } as unknown as LifecycleOptions)
  return {
    lifecycle,
    record,
    registry,
    steps,
    onRuntimeCall: (act: typeof runtimeCalls) => {
      runtimeCalls = act
    },
    [Symbol.dispose]() {
      database[Symbol.dispose]()
      rmSync(folder, { recursive: true })
    },
  }
}

test("conmon's note of an exit code is there until the code is written", async () => {
  using one = setUp()
  await one.lifecycle.ended(one.record, 42)
  assert.deepEqual(one.steps, ['take down', 'forget exited 42'])
})

test('the volumes that go with a container are marked before it is said to go', async () => {
  using one = setUp()
  await one.lifecycle.ended(one.record, 0)
  one.steps.length = 0
  await one.lifecycle.remove(one.record, { force: false, volumes: true })
  assert.equal(one.steps[0], 'mark exited')
})

test('a restart keeps a container that is to be removed at its end', async () => {
  using one = setUp({ autoRemove: true })
  const restarted = one.lifecycle.restart(one.record, { timeout: 0 })
  await one.lifecycle.ended(one.record, 137)
  await restarted
  assert.equal(one.registry.find(id)?.state.status, 'running')
  await one.lifecycle.ended(one.record, 0)
  assert.equal(one.registry.find(id), undefined)
})

test('a frozen container that ends as soon as it thaws is stopped, and stays so', { timeout: 10_000 }, async () => {
  using one = setUp()
  one.record.state.status = 'paused'
  one.onRuntimeCall(async verb => {
    // Nobody waits for what the watch of ends was told.
    if (verb === 'resume') void one.lifecycle.ended(one.record, 7)
  })
  assert.equal(await one.lifecycle.stop(one.record, { timeout: -1 }), true)
  assert.deepEqual([one.record.state.status, one.record.state.exitCode], ['exited', 7])
})

test('until it has ended a container that is killed counts as being stopped, and a start waits', async () => {
  using one = setUp()
  const killed = one.lifecycle.kill(one.record, 'SIGKILL')
  await Promise.resolve()
  assert.equal(one.lifecycle.isStopping(one.record), true)
  const started = one.lifecycle.start(one.record)
  await one.lifecycle.ended(one.record, 137)
  await killed
  assert.equal(await started, true)
  assert.deepEqual([one.lifecycle.isStopping(one.record), one.record.state.status], [false, 'running'])
})
