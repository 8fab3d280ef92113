// Routes of containers.

import type { ContainerCreateRequest } from '../../docker/protocol/types.ts'
import { ComposeError } from '../../shared/errors.ts'
import { containerEvent } from '../containers/events.ts'
import type { Execs } from '../containers/exec/execs.ts'
import type { StorageLimits } from '../containers/files/storage-limit.ts'
import type { Lifecycle } from '../containers/life/lifecycle.ts'
import type { StopOptions } from '../containers/life/stopping.ts'
import type { WaitCondition, Waiters } from '../containers/life/waiting.ts'
import { resizeTerminal } from '../containers/logs/attachments.ts'
import type { Sandboxes } from '../containers/network/sandbox.ts'
import { type ContainerRecord, isRunning } from '../containers/record.ts'
import type { Registry } from '../containers/registry.ts'
import { checkRequest } from '../containers/request/request-checks.ts'
import type { EventBus } from '../events/bus.ts'
import { inspectView, summaryView } from './container-views.ts'
import { anyOf, type Filters, labelsMatch, parseFilters } from './filters.ts'
import { flag, type Request, type Routes } from './router.ts'
import { containerWarnings } from './warnings.ts'

export interface ContainerRoutesOptions {
  registry: Registry
  lifecycle: Lifecycle
  sandboxes: Sandboxes
  execs: Execs
  waiters: Waiters
  events: EventBus
  storage: StorageLimits
}

const filterNames = [
  'id',
  'name',
  'label',
  'status',
  'exited',
  'health',
  'ancestor',
  'before',
  'since',
  'network',
  'volume',
  'publish',
  'expose',
  'is-task',
  'isolation',
]

export function containerRoutes({
  registry,
  lifecycle,
  sandboxes,
  execs,
  waiters,
  events,
  storage,
}: ContainerRoutesOptions): Routes {
  const of = ({ parameters }: Request) => registry.get(parameters.id ?? '')
  const names = (record: ContainerRecord) => (networkId: string) => sandboxes.dnsNames(record, networkId)

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
    'GET /containers/json': ({ query }) => {
      const filters = parseFilters(query.get('filters'), filterNames)
      const wantsAll = flag(query, 'all') || filters.has('status') || filters.has('exited')
      const limit = Number(query.get('limit') ?? 0)
      const found = registry
        .all()
        .filter(record => wantsAll || limit > 0 || isRunning(record) || record.state.status === 'restarting')
        .filter(record => matches(record, filters, registry))
        .sort((a, b) => (a.created < b.created ? 1 : -1))
      const view = (record: ContainerRecord) =>
        summaryView(record, { dnsNames: names(record), stopping: lifecycle.isStopping(record) })
      return { json: (limit > 0 ? found.slice(0, limit) : found).map(view) }
    },

    'POST /containers/create': async request => {
      const checked = checkRequest(await request.json<ContainerCreateRequest>())
      storage.check(checked.request.HostConfig?.StorageOpt)
      const record = await lifecycle.create(checked.request, request.query.get('name') ?? undefined)
      const warnings = [...checked.warnings, ...containerWarnings(checked.request.HostConfig ?? {})]
      return { json: { Id: record.id, Warnings: warnings }, status: 201 }
    },

    'GET /containers/:id/json': request => {
      const record = of(request)
      const netns = isRunning(record) && netnsOf(record)
      return {
        json: inspectView(record, {
          folder: lifecycle.folderOf(record),
          netns: netns === false ? '' : netns,
          dnsNames: names(record),
          execIds: execs.of(record.id),
        }),
      }
    },

    'POST /containers/:id/start': async request => ({ status: (await lifecycle.start(of(request))) ? 204 : 304 }),
    'POST /containers/:id/stop': async request => ({
      status: (await lifecycle.stop(of(request), stopOptions(request))) ? 204 : 304,
    }),
    'POST /containers/:id/restart': async request => {
      await lifecycle.restart(of(request), stopOptions(request))
      return { status: 204 }
    },
    'POST /containers/:id/kill': async request => {
      await lifecycle.kill(of(request), request.query.get('signal') || 'SIGKILL')
      return { status: 204 }
    },
    'POST /containers/:id/pause': async request => {
      await lifecycle.pause(of(request), true)
      return { status: 204 }
    },
    'POST /containers/:id/unpause': async request => {
      await lifecycle.pause(of(request), false)
      return { status: 204 }
    },
    'POST /containers/:id/rename': async request => {
      const record = of(request)
      // A start that is under way has registered the name before it counts as running.
      await lifecycle.exclusively(record, async () => rename(record, request.query.get('name') ?? ''))
      return { status: 204 }
    },
    'POST /containers/:id/resize': request => {
      resizeTerminal(lifecycle.folderOf(of(request)), ...size(request))
      return { status: 204 }
    },
    'DELETE /containers/:id': async ({ parameters, query }) => {
      await lifecycle.remove(registry.get(parameters.id ?? ''), {
        force: flag(query, 'force'),
        volumes: flag(query, 'v'),
      })
      return { status: 204 }
    },

    'POST /containers/:id/wait': request => {
      const record = of(request)
      const condition = (request.query.get('condition') || 'not-running') as WaitCondition
      if (!['not-running', 'next-exit', 'removed'].includes(condition)) {
        throw new ComposeError('invalid_argument', `invalid condition: "${condition}"`)
      }
      const ended = condition === 'not-running' && !isRunning(record) && record.state.status !== 'restarting'
      const code = ended ? Promise.resolve(record.state.exitCode) : waiters.wait(record.id, condition)
      return { stream: waitAnswer(code), contentType: 'application/json' }
    },

    'POST /containers/prune': async ({ query }) => {
      const filters = parseFilters(query.get('filters'), ['label', 'label!', 'until'])
      const ended = registry
        .all()
        .filter(
          record =>
            !isRunning(record) &&
            record.state.status !== 'restarting' &&
            labelsMatch(record.config.Labels ?? {}, filters.get('label')),
        )
      for (const record of ended) await lifecycle.remove(record, { force: false, volumes: false })
      return { json: { ContainersDeleted: ended.map(({ id }) => id), SpaceReclaimed: 0 } }
    },
  }
}

/** The head goes out at once, so that the client knows that the wait has begun; the code follows. */
async function* waitAnswer(code: Promise<number>): AsyncGenerator<Buffer> {
  yield Buffer.from(`${JSON.stringify({ StatusCode: await code })}\n`)
}

function stopOptions({ query }: Request): StopOptions {
  const timeout = query.get('t')
  return {
    signal: query.get('signal') || undefined,
    timeout: timeout === null || timeout === '' ? undefined : Number(timeout),
  }
}

export function size({ query }: Request): [number, number] {
  const [rows, columns] = ['h', 'w'].map(name => Number(query.get(name)))
  if (!rows || !columns) throw new ComposeError('invalid_argument', 'resize needs h and w')
  return [rows, columns]
}

function matches(record: ContainerRecord, filters: Filters, registry: Registry): boolean {
  const { config, state, health, endpoints, mounts } = record
  const other = (name: string) => registry.find(name)?.created ?? ''
  return (
    labelsMatch(config.Labels ?? {}, filters.get('label')) &&
    anyOf(filters.get('id'), id => record.id.startsWith(id)) &&
    // Docker Engine takes a name for an expression, matched with and without the leading slash.
    anyOf(
      filters.get('name'),
      name => new RegExp(name).test(record.name) || new RegExp(name).test(`/${record.name}`),
    ) &&
    anyOf(filters.get('status'), status => state.status === status) &&
    anyOf(filters.get('exited'), code => state.status === 'exited' && state.exitCode === Number(code)) &&
    anyOf(filters.get('health'), status => (health?.status ?? 'none') === status) &&
    anyOf(
      filters.get('ancestor'),
      image => record.imageRef === image || record.imageRef.split(':')[0] === image || record.imageId.includes(image),
    ) &&
    anyOf(filters.get('network'), network =>
      endpoints.some(({ networkId, networkName }) => networkName === network || networkId.startsWith(network)),
    ) &&
    anyOf(filters.get('volume'), volume =>
      mounts.some(({ name, destination }) => name === volume || destination === volume),
    ) &&
    anyOf(filters.get('before'), name => record.created < other(name)) &&
    anyOf(filters.get('since'), name => record.created > other(name)) &&
    anyOf(filters.get('publish'), port =>
      record.published.some(({ key, hostPort }) => key.startsWith(port) || String(hostPort) === port),
    ) &&
    anyOf(filters.get('expose'), port => Object.keys(config.ExposedPorts ?? {}).some(key => key.startsWith(port)))
  )
}
