// The engine's resources, one instance of each, and who calls whom. Nothing runs yet: what is recorded is taken over by
// the steps of take-over.ts.

import { join } from 'node:path'
import { parsePlatform } from '../registry/platform.ts'
import type { EngineRoots } from '../shared/roots.ts'
import { createBuilder } from './build/builder.ts'
import { type CacheEntry, createBuildCache } from './build/cache.ts'
import { createCacheMounts } from './build/cache-mounts.ts'
import { createStepContainers } from './build/step-containers.ts'
import type { Workers } from './chrooted/workers.ts'
import { containerEvent } from './containers/events.ts'
import { createExecs } from './containers/exec/execs.ts'
import { createHealthChecks } from './containers/exec/health.ts'
import { createRootFileSystems, type RootFileSystems } from './containers/files/rootfs.ts'
import { createStorageLimits } from './containers/files/storage-limit.ts'
import { createLauncher, type Launcher } from './containers/life/launch.ts'
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
  const layers = createLayers(folders.layers, folders.belowLayers, workers)
  const buildCache = createBuildCache(database.collection<CacheEntry>('build_cache'), layers, blobs)
  const images = createImages({ database, blobs, layers, events, usersOf: imageUsers })
  images.keptBy(buildCache.content)

  const folderOf = (record: ContainerRecord) => join(folders.containers, record.id)
  const storage = createStorageLimits(dataRoot)
  const stepContainers = createStepContainers(
    { networks, volumes, registry, defaultRuntime: runtimes.default, folderOf },
    () => ({ rootfs, launcher }),
  )
  const rootfs: RootFileSystems = createRootFileSystems({
    folder: folders.rootfs,
    volumes,
    folderOf,
    lowerFolders: record => stepContainers.lowerFolders(record) ?? images.lowerFolders(images.get(record.imageId)),
    imageFolders: imageId => images.lowerFolders(images.get(imageId)),
    storage,
  })
  const apparmorProfile = loadDefaultProfile(runRoot, log.write)
  // Those of steps are in no list, on disk or off it.
  const listed = (write: (record: ContainerRecord) => void) => (record: ContainerRecord) => {
    if (!stepContainers.find(record.id)) write(record)
  }
  const launcher: Launcher = createLauncher({
    apparmorProfile,
    registry: { ...registry, save: listed(registry.save), keep: listed(registry.keep) },
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
    image(ref, platform) {
      const record = images.get(ref, platform === undefined ? undefined : parsePlatform(platform))
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

  const digests = database.collection<string>('build_digests')
  const cacheMounts = createCacheMounts(folders.cacheMounts)
  const builder = createBuilder({
    images,
    cache: buildCache,
    steps: stepContainers,
    workers,
    stagingFolder: folders.staging,
    secretsFolder: folders.secrets,
    cacheMounts,
    booksFolder: folders.digestBooks,
    digests: { find: digests.get, note: digests.keep },
  })

  return {
    cacheMounts,
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
    buildCache,
    builder,
    stepContainers,
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
