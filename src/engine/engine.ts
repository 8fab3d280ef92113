// The engine put together: one instance of each resource, and who calls whom.
import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import { join } from 'node:path'
import type { EngineRoots } from '../shared/roots.ts'
import { createActivity } from './api/activity.ts'
import { archiveRoutes } from './api/archives.ts'
import { containerRoutes } from './api/containers.ts'
import { explainHostFault } from './api/host-faults.ts'
import { imageRoutes } from './api/images.ts'
import { networkRoutes } from './api/networks.ts'
import { createApiServer } from './api/server.ts'
import { streamRoutes } from './api/streams.ts'
import { systemRoutes } from './api/system.ts'
import { volumeRoutes } from './api/volumes.ts'
import { containerEvent } from './containers/events.ts'
import { createExecs } from './containers/exec/execs.ts'
import { createHealthChecks } from './containers/exec/health.ts'
import { createRootFileSystems } from './containers/files/rootfs.ts'
import { createStorageLimits } from './containers/files/storage-limit.ts'
import { watchExits } from './containers/life/exits.ts'
import { createLauncher } from './containers/life/launch.ts'
import { createLifecycle } from './containers/life/lifecycle.ts'
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
import { requirePlatform } from './images/require-platform.ts'
import type { EngineLog } from './log.ts'
import { createEndpoints } from './networks/endpoints.ts'
import { hostForwarding } from './networks/host-forwarding.ts'
import { watchHost } from './networks/host-watch.ts'
import { linkNames } from './networks/link-names.ts'
import { createNetworks } from './networks/networks.ts'
import { createPorts } from './networks/ports.ts'
import { loadDefaultProfile } from './runtime/apparmor.ts'
import { findRuntimes } from './runtime/runtimes.ts'
import { bringBack, emptyRunRoot, isFirstOfBoot, noteBoot, noteEnds } from './start/boot.ts'
import { makeFolders } from './start/folders.ts'
import { leaveHost } from './start/leave-host.ts'
import { reconcile } from './start/reconcile.ts'
import { roomForLimits } from './start/room-for-limits.ts'
import type { Supervisor } from './start/supervisor.ts'
import { openDatabase } from './store/database.ts'
import { createVolumes } from './volumes/volumes.ts'

export interface EngineOptions {
  roots: EngineRoots
  log: EngineLog
  supervisor: Supervisor
  /** The thread that unpacks layers. */
  unpackWorker: URL
  /** Ends the process. */
  exit: () => void
}

export interface Engine {
  server: Server
  /** Resolves when what ended meanwhile is recorded, what was half made is gone, and after a boot all has come back. */
  reconciled: Promise<void>
  /** Milliseconds since something was asked or ran; 0 while something does. */
  idleFor(): number
  /**
   * Stops serving. What runs is left running, or stopped first; when nothing runs nothing is left in the kernel. Throws,
   * and goes on serving, when a container can't be stopped.
   */
  shutDown(options: ShutDownOptions): Promise<void>
}

export interface ShutDownOptions {
  stopContainers: boolean
}

/** Milliseconds between looks at what is to be written yet, and at the supervisor. */
const upkeepInterval = 2000

export function createEngine({ roots, log, supervisor, unpackWorker, exit }: EngineOptions): Engine {
  const { dataRoot, runRoot } = roots
  const database = openDatabase(join(dataRoot, 'engine.db'))
  const upkeep = setInterval(() => {
    database.catchUp()
    // It may have been killed, too.
    if (anythingRuns()) supervisor.keep()
  }, upkeepInterval)
  const settings = database.collection<string>('settings')
  const booted = isFirstOfBoot(settings)
  if (booted) emptyRunRoot(runRoot)
  const folders = makeFolders(roots)

  const startedAt = new Date()
  const names = linkNames(dataRoot)
  const cgroupParent = `/tsc-compose-${names.prefix.slice(3)}`
  if (!settings.get('id')) settings.put('id', randomUUID())
  const events = createEventBus()
  const registry = createRegistry(database.collection<ContainerRecord>('containers'))
  const waiters = createWaiters()

  const runtimes = findRuntimes(folders.runtimeState)
  const forwarding = hostForwarding(names, settings)
  const ports = createPorts(names)
  const networks = createNetworks({ database, names, forwarding, onChange: () => ports.rewrite(networks.all()) })
  const endpoints = createEndpoints(networks, names)
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
      .map(record => ({ name: record.name, running: isRunning(record) }))
  const blobs = createBlobs(folders.blobs)
  blobs.sweep()
  const layers = createLayers(folders.layers, unpackWorker)
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
  const health = createHealthChecks(execs, registry, events)
  const restarts = createRestarts(registry, lifecycle.startAgain)
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
  const anythingRuns = () => registry.all().some(record => isRunning(record) || record.state.status === 'restarting')

  const exits = watchExits({
    folder: folders.exits,
    registry,
    folderOf,
    log: log.write,
    ended: (record, exitCode) =>
      lifecycle.ended(record, exitCode).catch(error => log.write(`end of ${record.name}: ${error}`)),
    orphaned: record =>
      lifecycle.orphaned(record).catch(error => log.write(`end of ${record.name} without conmon: ${error}`)),
  })
  const room = roomForLimits(settings, booted, log.write)
  const ends = booted ? noteEnds(registry) : undefined
  // What was set on the host is as the boot left it.
  if (booted) forwarding.forget()
  noteBoot(settings)
  const { settled } = reconcile({
    registry,
    lifecycle,
    sandboxes,
    networks,
    volumes,
    ports,
    health,
    restarts,
    names,
    runtimes: runtimes.among(registry.all().map(({ runtime }) => runtime)),
    folders,
    afterBoot: ends && (() => bringBack(ends, { registry, lifecycle, restarts, launcher, log: log.write })),
    log: log.write,
  })
  const whole = settled.catch(error => log.write(`reconcile: ${error?.stack ?? error}`))
  if (anythingRuns()) supervisor.keep()
  const connected = () => registry.all().some(record => isRunning(record) && record.endpoints.length > 0)
  const hostWatch = watchHost({
    table: names.table,
    forwards: () => forwarding.isOn() || !connected(),
    ensureForwarding() {
      if (connected()) forwarding.ensure()
    },
    rewrite: () => ports.rewrite(networks.all()),
    log: log.write,
  })

  let ending: Promise<void> | undefined
  const activity = createActivity()
  const attachments = createAttachments({ registry, networks, sandboxes, events, exclusively: lifecycle.exclusively })
  const explain = (error: unknown) => explainHostFault(error, dataRoot)
  const server = createApiServer({
    log: log.write,
    explain,
    onRequest: activity.begin,
    routes: [
      systemRoutes({
        registry,
        images,
        events,
        ports,
        dataRoot,
        socketPath: roots.socketPath,
        runtimes: runtimes.installed,
        defaultRuntime: runtimes.default,
        startedAt,
        apparmor: apparmorProfile !== undefined,
        engineId: settings.get('id') ?? '',
        readLog: log.read,
        shutDown: async options => {
          await shutDown(options)
          // After the answer has gone out.
          setTimeout(exit, 20)
        },
      }),
      containerRoutes({
        registry,
        lifecycle,
        sandboxes,
        execs,
        waiters,
        events,
        storage,
        imageIdOf: ref => images.find(ref)?.id,
        noticeEnds: exits.look,
        requirePlatform: (ref, wanted) => requirePlatform(images, ref, wanted),
      }),
      streamRoutes({ registry, lifecycle, execs, waiters, events }),
      archiveRoutes({ registry, lifecycle, stagingFolder: folders.staging, worker: unpackWorker }),
      networkRoutes({ networks, registry, attachments, events }),
      volumeRoutes(volumes, volumeUsers),
      imageRoutes({ images, stagingFolder: folders.staging, usersOf: imageUsers, explain }),
    ],
  })

  return {
    server,
    reconciled: whole,
    idleFor: () => (anythingRuns() ? 0 : activity.quietFor()),
    shutDown,
  }

  async function shutDown(options: ShutDownOptions): Promise<void> {
    ending ??= end(options)
    try {
      await ending
    } catch (error) {
      ending = undefined
      throw error
    }
  }

  async function end({ stopContainers }: ShutDownOptions): Promise<void> {
    if (stopContainers) {
      const stops = await Promise.allSettled(registry.all().map(record => lifecycle.stop(record, {})))
      const failed = stops.find(({ status }) => status === 'rejected')
      if (failed?.status === 'rejected') throw failed.reason
    }
    server.close()
    supervisor.release()
    restarts.stop()
    exits.stop()
    clearInterval(upkeep)
    hostWatch.stop()
    await Promise.all([endpoints.settled(), ports.settled()])
    if (!registry.all().some(isRunning))
      leaveHost({ runRoot, folders, cgroupParent, networks, ports, forwarding, volumes, room })
    database[Symbol.dispose]()
  }
}
