// Routes of containers.

import type { OCIDescriptor } from '../../docker/protocol/types.ts'
import { unheededHeader } from '../../docker/protocol/unheeded-header.ts'
import { ComposeError } from '../../shared/errors.ts'
import { containerEvent } from '../containers/events.ts'
import type { Execs } from '../containers/exec/execs.ts'
import type { StorageLimits } from '../containers/files/storage-limit.ts'
import type { Lifecycle } from '../containers/life/lifecycle.ts'
import type { StopOptions } from '../containers/life/stopping.ts'
import type { WaitCondition, Waiters } from '../containers/life/waiting.ts'
import { resizeTerminal } from '../containers/logs/attachments.ts'
import { dnsNames } from '../containers/network/names.ts'
import type { Sandboxes } from '../containers/network/sandbox.ts'
import { type ContainerRecord, isRunning } from '../containers/record.ts'
import type { Registry } from '../containers/registry.ts'
import { checkRequest } from '../containers/request/request-checks.ts'
import type { EventBus } from '../events/bus.ts'
import { groupProcesses } from '../kernel/cgroup-usage.ts'
import { processTable } from '../kernel/process-table.ts'
import { containerFilters, pruneFilters } from './container-filters.ts'
import { inspectView, summaryView } from './container-views.ts'
import { matcher } from './filters.ts'
import type { AnyRequest, Routes } from './router.ts'
import { terminalSize } from './terminal-size.ts'
import { containerWarnings } from './warnings.ts'

export interface ContainerRoutesOptions {
  registry: Registry
  lifecycle: Lifecycle
  sandboxes: Sandboxes
  execs: Execs
  waiters: Waiters
  events: EventBus
  storage: StorageLimits
  cgroupOf: (record: ContainerRecord) => string
  imageIdOf: (ref: string) => string | undefined
  /** As the image came; undefined: it was made here. */
  manifestOf: (imageId: string) => OCIDescriptor | undefined
  /** Has what ended up to now recorded, so that an answer tells of nothing as running that is not kept any more. */
  noticeEnds: () => Promise<void>
}

export function containerRoutes({
  registry,
  lifecycle,
  sandboxes,
  execs,
  waiters,
  events,
  storage,
  cgroupOf,
  imageIdOf,
  manifestOf,
  noticeEnds,
}: ContainerRoutesOptions): Routes {
  const of = ({ parameters }: AnyRequest) => registry.get(parameters.id ?? '')
  const names = (record: ContainerRecord) => (networkId: string) => dnsNames(record, networkId)

  function rename(record: ContainerRecord, name: string): void {
    const before = record.name
    record.name = registry.freeName(name)
    try {
      registry.save(record)
    } catch (error) {
      record.name = before
      throw error
    }
    if (isRunning(record)) sandboxes.refresh(record)
    containerEvent(events, record, 'rename', { oldName: `/${before}` })
  }

  /** A container can be looked at before, and after, there is the other one whose namespace it joins. */
  const netnsOf = (record: ContainerRecord) => {
    try {
      return sandboxes.netnsPath(record)
    } catch {
      return false
    }
  }

  return {
    'GET /containers/json': async ({ query }) => {
      await noticeEnds()
      const { all, filters, limit = 0 } = query
      const wantsAll = all || filters.status !== undefined || filters.exited !== undefined
      const admits = matcher(containerFilters({ registry, imageIdOf }), filters)
      const found = registry
        .all()
        .filter(record => wantsAll || limit > 0 || isRunning(record) || record.state.status === 'restarting')
        .filter(admits)
        .sort((a, b) => (a.created < b.created ? 1 : -1))
      const view = (record: ContainerRecord) =>
        summaryView(record, {
          dnsNames: names(record),
          stopping: lifecycle.isStopping(record),
          manifest: manifestOf(record.imageId),
        })
      return { json: (limit > 0 ? found.slice(0, limit) : found).map(view) }
    },

    'POST /containers/create': async request => {
      const checked = checkRequest(await request.json())
      storage.check(checked.request.HostConfig?.StorageOpt)
      const { name, platform } = request.query
      const record = await lifecycle.create(checked.request, name, platform || undefined)
      const warnings = [...checked.warnings, ...containerWarnings(checked.request.HostConfig ?? {})]
      return { json: { Id: record.id, Warnings: warnings }, status: 201 }
    },

    'GET /containers/{id}/json': async request => {
      await noticeEnds()
      const record = of(request)
      const netns = isRunning(record) && netnsOf(record)
      return {
        json: inspectView(record, {
          manifest: manifestOf(record.imageId),
          folder: lifecycle.folderOf(record),
          netns: netns === false ? '' : netns,
          dnsNames: names(record),
          execIds: execs.of(record.id),
        }),
      }
    },

    'POST /containers/{id}/start': async request => ({ status: (await lifecycle.start(of(request))) ? 204 : 304 }),
    'POST /containers/{id}/stop': async request => {
      let unheeded: string | undefined
      const onUnheeded = (signal: string) => {
        unheeded = signal
      }
      const stopped = await lifecycle.stop(of(request), { ...stopOptions(request.query), onUnheeded })
      return { status: stopped ? 204 : 304, ...(unheeded ? { headers: { [unheededHeader]: unheeded } } : {}) }
    },
    'POST /containers/{id}/restart': async request => {
      await lifecycle.restart(of(request), stopOptions(request.query))
      return { status: 204 }
    },
    'POST /containers/{id}/kill': async request => {
      await lifecycle.kill(of(request), request.query.signal ?? 'SIGKILL')
      return { status: 204 }
    },
    'POST /containers/{id}/pause': async request => {
      await lifecycle.pause(of(request), true)
      return { status: 204 }
    },
    'POST /containers/{id}/unpause': async request => {
      await lifecycle.pause(of(request), false)
      return { status: 204 }
    },
    'POST /containers/{id}/rename': async request => {
      const record = of(request)
      // A start that is under way has registered the name before it counts as running.
      await lifecycle.exclusively(record, async () => rename(record, request.query.name ?? ''))
      return { status: 204 }
    },
    'GET /containers/{id}/top': async request => {
      const record = of(request)
      if (!isRunning(record)) throw new ComposeError('conflict', `container ${record.id} is not running`)
      const { titles, rows } = await processTable(groupProcesses(cgroupOf(record)), request.query.ps_args ?? '')
      containerEvent(events, record, 'top')
      return { json: { Titles: titles, Processes: rows } }
    },

    'POST /containers/{id}/resize': request => {
      const { h, w } = request.query
      resizeTerminal(lifecycle.folderOf(of(request)), ...terminalSize({ h, w }))
      return { status: 204 }
    },
    'DELETE /containers/{id}': async ({ parameters, query }) => {
      await lifecycle.remove(registry.get(parameters.id ?? ''), {
        force: query.force,
        volumes: query.v,
      })
      return { status: 204 }
    },

    'POST /containers/{id}/wait': request => {
      const record = of(request)
      const condition = waitCondition(request.query.condition ?? 'not-running')
      const ended = condition === 'not-running' && !isRunning(record) && record.state.status !== 'restarting'
      const code = ended ? Promise.resolve(record.state.exitCode) : waiters.wait(record.id, condition)
      return { stream: waitAnswer(code), contentType: 'application/json' }
    },

    'POST /containers/prune': async ({ query }) => {
      const admits = matcher(pruneFilters, query.filters)
      const ended = registry
        .all()
        .filter(record => !isRunning(record) && record.state.status !== 'restarting' && admits(record))
      for (const record of ended) await lifecycle.remove(record, { force: false, volumes: false })
      return { json: { ContainersDeleted: ended.map(({ id }) => id), SpaceReclaimed: 0 } }
    },
  }
}

/** The head goes out at once, so that the client knows that the wait has begun; the code follows. */
async function* waitAnswer(code: Promise<number>): AsyncGenerator<Buffer> {
  yield Buffer.from(`${JSON.stringify({ StatusCode: await code })}\n`)
}

function stopOptions({ signal, t }: { signal: string | undefined; t: number | undefined }): StopOptions {
  return { signal, timeout: t }
}

function waitCondition(text: string): WaitCondition {
  if (text === 'not-running' || text === 'next-exit' || text === 'removed') return text
  throw new ComposeError('invalid_argument', `invalid condition: "${text}"`)
}
