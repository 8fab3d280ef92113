// The engine's resources, one instance of each, and who calls whom. Nothing runs yet: what is recorded is taken over by
// the steps of take-over.ts.

import { join } from 'node:path'
import type { EngineRoots } from '../shared/roots.ts'
import type { Workers } from './chrooted/workers.ts'
import { containerEvent } from './containers/events.ts'
import { createExecs } from './containers/exec/execs.ts'
import { createHealthChecks } from './containers/exec/health.ts'
import { createRootFileSystems } from './containers/files/rootfs.ts'
import { createStorageLimits } from './containers/files/storage-limit.ts'
import { createLauncher } from './containers/life/launch.ts'
import { createLifecycle } from './containers/life/lifecycle.ts'
import { createLives } from './containers/life/lives.ts'
import { createAttachments } from './containers/life/network-attachments.ts'
import { createRestarts } from './containers/life/restarts.ts'
import { createWaiters } from './containers/life/waiting.ts'
import { createSandboxes } from './containers/network/sandbox.ts'
import { type ContainerRecord, isRunning } from './containers/record.ts'
import { createRegistry } from './containers/registry.ts'
import { createEventBus } from './events/bus.ts'
import { createBlobs } from './images/blobs.ts'
import { createImages } from './images/images.ts'
import { createLayers } from './images/layers.ts'
import type { EngineLog } from './log.ts'
import { createEndpoints } from './networks/endpoints.ts'
import { hostForwarding } from './networks/host-forwarding.ts'
import { linkNames } from './networks/link-names.ts'
import { createNetworks } from './networks/networks.ts'
import { createPorts } from './networks/ports.ts'
import { loadDefaultProfile } from './runtime/apparmor.ts'
import { findRuntimes } from './runtime/runtimes.ts'
import type { Ground } from './start/ground.ts'
import type { Supervisor } from './start/supervisor.ts'
import { createVolumes } from './volumes/volumes.ts'

export interface PartsOptions {
  roots: EngineRoots
  ground: Ground
  log: EngineLog
  supervisor: Supervisor
  workers: Workers
}

export type Parts = ReturnType<typeof assemble>

export function assemble({ roots, ground, log, supervisor, workers }: PartsOptions) {
  const { dataRoot, runRoot } = roots
  const { database, settings, folders } = ground
  const names = linkNames(dataRoot)
  const cgroupParent = `/tsc-compose-${names.prefix.slice(3)}`
  const events = createEventBus()
  const registry = createRegistry(database.collection<ContainerRecord>('containers'))
  const waiters = createWaiters()

  const runtimes = findRuntimes(folders.runtimeState)
  const forwarding = hostForwarding(names, settings)
  const ports = createPorts(names)
  const networks = createNetworks({ database, names, forwarding, onChange: () => ports.rewrite(networks.all()) })
  const endpoints = createEndpoints(networks, names)
  /** Also what is to run again. */
  const anythingRuns = () => registry.all().some(record => isRunning(record) || record.state.status === 'restarting')
  const sandboxes = createSandboxes({
    folder: folders.netns,
    endpoints,
    ports,
    containerNamed: registry.get,
    containers: registry.all,
    saveOwner: registry.keep,
  })
  const volumeUsers = (name: string) =>
    registry
      .all()
      .filter(({ mounts }) => mounts.some(mount => mount.name === name))
      .map(({ id }) => id)
  const volumes = createVolumes({ database, folder: folders.volumes, events, usersOf: volumeUsers })
  const imageUsers = (imageId: string) =>
    registry
      .all()
      .filter(record => record.imageId === imageId || record.mounts.some(mount => mount.imageId === imageId))
      .map(record => ({ id: record.id, name: record.name, running: isRunning(record) }))
  const blobs = createBlobs(folders.blobs)
  const layers = createLayers(folders.layers, workers.unpack)
  const images = createImages({ database, blobs, layers, events, usersOf: imageUsers })

  const folderOf = (record: ContainerRecord) => join(folders.containers, record.id)
  const storage = createStorageLimits(dataRoot)
  const rootfs = createRootFileSystems({
    folder: folders.rootfs,
    volumes,
    folderOf,
    lowerFolders: imageId => images.lowerFolders(images.get(imageId)),
    storage,
  })
  const apparmorProfile = loadDefaultProfile(runRoot, log.write)
  const launcher = createLauncher({
    apparmorProfile,
    registry,
    sandboxes,
    rootfs,
    volumes,
    runtimeNamed: runtimes.named,
    folderOf,
    exitFolder: folders.exits,
    cgroupParent,
  })
  const lifecycle = createLifecycle({
    registry,
    launcher,
    rootfs,
    networks,
    volumes,
    waiters,
    events,
    defaultRuntime: runtimes.default,
    folderOf,
    image(ref) {
      const record = images.get(ref)
      return { id: record.id, config: images.document(record).config ?? {} }
    },
  })
  const execs = createExecs({
    apparmorProfile,
    runtimeNamed: runtimes.named,
    folderOf,
    cgroupOf: launcher.cgroupOf,
    containerOf: registry.get,
    onEvent: (record, action, attributes) => containerEvent(events, record, action, attributes),
  })
  const lives = createLives(events, waiters)
  const health = createHealthChecks(execs, registry, events)
  const restarts = createRestarts(registry, lifecycle.startAgain)
  const attachments = createAttachments({ registry, networks, sandboxes, events, exclusively: lifecycle.exclusively })
  lifecycle.observers.onStarted = record => {
    health.watch(record)
    supervisor.keep()
  }
  lifecycle.observers.onRemoved = record => {
    health.forget(record)
    restarts.forget(record)
    execs.forget(record.id)
  }
  lifecycle.observers.onEnded = (record, ranFor) => {
    health.forget(record)
    restarts.ended(record, ranFor)
    if (!anythingRuns()) supervisor.release()
  }

  return {
    names,
    cgroupParent,
    events,
    registry,
    waiters,
    runtimes,
    forwarding,
    ports,
    networks,
    endpoints,
    sandboxes,
    volumes,
    volumeUsers,
    imageUsers,
    blobs,
    images,
    storage,
    apparmorProfile,
    launcher,
    cgroupOf: launcher.cgroupOf,
    folderOf,
    lifecycle,
    execs,
    lives,
    health,
    restarts,
    attachments,
    anythingRuns,
  }
}
