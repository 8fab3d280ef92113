// An engine: its ground, its resources, what it takes over, and the server; and how it ends.

import type { Server } from 'node:http'
import type { EngineRoots } from '../shared/roots.ts'
import { createActivity } from './api/activity.ts'
import { explainHostFault } from './api/host-faults.ts'
import { createApiServer } from './api/server.ts'
import type { Workers } from './chrooted/workers.ts'
import { isRunning } from './containers/record.ts'
import type { EngineLog } from './log.ts'
import { assemble } from './parts.ts'
import { allRoutes } from './routes.ts'
import { prepareGround } from './start/ground.ts'
import { leaveHost } from './start/leave-host.ts'
import { renewSocketBinds } from './start/socket-binds.ts'
import type { Supervisor } from './start/supervisor.ts'
import { takeOver } from './take-over.ts'

export interface EngineOptions {
  roots: EngineRoots
  log: EngineLog
  supervisor: Supervisor
  /** The thread that unpacks layers. */
  workers: Workers
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

export function createEngine({ roots, log, supervisor, workers, exit }: EngineOptions): Engine {
  const ground = prepareGround(roots)
  const parts = assemble({ roots, ground, log, supervisor, workers })
  const running = takeOver({ roots, ground, parts, supervisor, log })
  const activity = createActivity()
  const explain = (error: unknown) => explainHostFault(error, roots.dataRoot)
  const server = createApiServer({
    log: log.write,
    explain,
    onRequest: activity.begin,
    routes: allRoutes({
      roots,
      ground,
      parts,
      log,
      workers,
      noticeEnds: running.noticeEnds,
      explain,
      shutDown: async options => {
        await shutDown(options)
        // After the answer has gone out.
        setTimeout(exit, 20)
      },
    }),
  })
  server.once('listening', () => renewSocketBinds(parts.registry.all(), roots.socketPath, log.write))
  let ending: Promise<void> | undefined

  return {
    server,
    reconciled: running.reconciled,
    idleFor: () => (parts.anythingRuns() ? 0 : activity.quietFor()),
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
    const { registry, lifecycle, restarts, endpoints, ports } = parts
    if (stopContainers) {
      const stops = await Promise.allSettled(registry.all().map(record => lifecycle.stop(record, {})))
      const failed = stops.find(({ status }) => status === 'rejected')
      if (failed?.status === 'rejected') throw failed.reason
    }
    server.close()
    restarts.stop()
    for (const stop of running.stops) stop()
    await Promise.all([endpoints.settled(), ports.settled()])
    if (!registry.all().some(isRunning))
      leaveHost({ runRoot: roots.runRoot, folders: ground.folders, leaveRoom: running.leaveRoom, ...parts })
    ground.database[Symbol.dispose]()
  }
}
