// What prune takes away is what its filters name, and nothing else.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { importTar, tarOf } from './archives.ts'
import { startEngine, type TestEngine } from './engine-process.ts'
import { importBusybox, start } from './run.ts'

let engine: TestEngine

before(async () => {
  engine = await startEngine()
  await importBusybox(engine)
})
after(() => engine[Symbol.asyncDispose]())

/** Each row prunes what is left of the rows above it. */
const rounds: [filters: Record<string, string[]>, pruned: string[]][] = [
  [{ until: ['24h'] }, []],
  [{ label: ['keep=yes'], 'label!': ['kind'] }, []],
  [{ label: ['kind=b'] }, ['bb']],
  [{ 'label!': ['keep'] }, ['aa']],
  [{ until: ['0s'], label: ['keep'] }, ['cc']],
]

const labelsOf: Record<string, Record<string, string>> = {
  aa: { kind: 'a' },
  bb: { kind: 'b', keep: 'yes' },
  cc: { kind: 'c', keep: 'yes' },
}

test('containers', async () => {
  const ids = new Map<string, string>()
  for (const [name, Labels] of Object.entries(labelsOf)) {
    const { id } = await engine.docker.createContainer({ Image: 'busybox', name, Labels })
    ids.set(id, name)
  }
  const running = await start(engine, { Labels: { keep: 'yes' }, Cmd: ['sleep', '100'] })
  for (const [filters, pruned] of rounds) {
    const { ContainersDeleted } = await engine.docker.pruneContainers({ filters })
    assert.deepEqual(
      (ContainersDeleted ?? []).map(id => ids.get(id)),
      pruned,
      JSON.stringify(filters),
    )
  }
  await running.remove({ force: true })
})

test('networks', async () => {
  for (const [Name, Labels] of Object.entries(labelsOf)) await engine.docker.createNetwork({ Name, Labels })
  for (const [filters, pruned] of rounds) {
    const { NetworksDeleted } = await engine.docker.pruneNetworks({ filters })
    assert.deepEqual(NetworksDeleted ?? [], pruned, JSON.stringify(filters))
  }
})

test('volumes, which know no until', async () => {
  await assert.rejects(engine.docker.pruneVolumes({ filters: { until: ['1h'] } }), /invalid filter 'until'/)
  for (const [Name, Labels] of Object.entries(labelsOf)) await engine.docker.createVolume({ Name, Labels })
  assert.deepEqual((await engine.docker.pruneVolumes({ filters: { label: ['kind'] } })).VolumesDeleted, [])
  for (const [{ until: _, ...filters }, pruned] of rounds.slice(1)) {
    const { VolumesDeleted } = await engine.docker.pruneVolumes({ filters: { ...filters, all: ['true'] } })
    assert.deepEqual(VolumesDeleted ?? [], pruned, JSON.stringify(filters))
  }
})

test('images, but for those that a container uses', async () => {
  const user = await engine.docker.createContainer({ Image: 'busybox' })
  const ids = new Map<string, string>()
  for (const [name, labels] of Object.entries(labelsOf)) {
    const changes = Object.entries(labels).map(([key, value]) => `LABEL ${key}=${value}`)
    await importTar(engine, name, tarOf([{ name: 'which', body: name }]), false, changes)
    ids.set((await engine.docker.getImage(name).inspect()).Id ?? '', name)
  }
  assert.deepEqual((await engine.docker.pruneImages({ filters: { label: ['kind'] } })).ImagesDeleted, [])
  for (const [filters, pruned] of rounds) {
    const { ImagesDeleted } = await engine.docker.pruneImages({ filters: { ...filters, dangling: ['false'] } })
    const deleted = (ImagesDeleted ?? []).flatMap(({ Deleted }) => (Deleted ? [ids.get(Deleted)] : []))
    assert.deepEqual(deleted, pruned, JSON.stringify(filters))
  }
  await user.remove()
})

test('a filter that nobody knows prunes nothing', async () => {
  const container = await engine.docker.createContainer({ Image: 'busybox' })
  await assert.rejects(engine.docker.pruneContainers({ filters: { colour: ['red'] } }), /invalid filter 'colour'/)
  await assert.rejects(engine.docker.pruneContainers({ filters: { until: ['soon'] } }), /failed to parse value as time/)
  await container.remove()
})
