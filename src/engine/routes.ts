// All that the server answers, over the engine's resources.
import type { EngineRoots } from '../shared/roots.ts'
import { archiveRoutes } from './api/archives.ts'
import { attachRoutes } from './api/attach.ts'
import { buildRoutes } from './api/builds.ts'
import { commitRoutes } from './api/commit.ts'
import { containerRoutes } from './api/containers.ts'
import { diskUsageRoutes } from './api/disk-usage.ts'
import { execRoutes } from './api/execs.ts'
import { manifestDescriptor } from './api/image-manifests-view.ts'
import { imageTransferRoutes } from './api/image-transfers.ts'
import { imageRoutes } from './api/images.ts'
import { logRoutes } from './api/logs.ts'
import { networkRoutes } from './api/networks.ts'
import type { Routes } from './api/router.ts'
import { statsRoutes } from './api/stats.ts'
import { systemRoutes } from './api/system.ts'
import { volumeRoutes } from './api/volumes.ts'
import type { Workers } from './chrooted/workers.ts'
import type { EngineLog } from './log.ts'
import type { Parts } from './parts.ts'
import type { Ground } from './start/ground.ts'

export interface RoutesOptions {
  roots: EngineRoots
  ground: Ground
  parts: Parts
  log: EngineLog
  workers: Workers
  noticeEnds: () => Promise<void>
  explain: (error: unknown) => unknown
  shutDown: (options: { stopContainers: boolean }) => Promise<void>
}

export function allRoutes(options: RoutesOptions): Routes[] {
  const { roots, ground, parts, log, workers, noticeEnds, explain, shutDown } = options
  const { images, volumes, volumeUsers, runtimes, apparmorProfile } = parts
  const stagingFolder = ground.folders.staging
  return [
    systemRoutes({
      ...parts,
      dataRoot: roots.dataRoot,
      socketPath: roots.socketPath,
      runtimes: runtimes.installed,
      defaultRuntime: runtimes.default,
      startedAt: new Date(),
      apparmor: apparmorProfile !== undefined,
      engineId: ground.engineId,
      readLog: log.read,
      shutDown,
    }),
    containerRoutes({
      ...parts,
      imageIdOf: ref => images.find(ref)?.id,
      manifestOf: imageId => manifestDescriptor(images, imageId),
      noticeEnds,
    }),
    logRoutes(parts),
    attachRoutes(parts),
    statsRoutes(parts),
    commitRoutes({ ...parts, packWorker: workers.pack }),
    buildRoutes({ ...ground.folders, ...parts, workers, explain }),
    execRoutes(parts),
    archiveRoutes({ ...parts, stagingFolder, workers }),
    networkRoutes(parts),
    volumeRoutes(volumes, volumeUsers),
    imageRoutes({ images, stagingFolder, usersOf: parts.imageUsers, explain }),
    imageTransferRoutes({ images, explain }),
    diskUsageRoutes({ ...ground.folders, ...parts }),
  ]
}
