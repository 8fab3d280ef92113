// Routes of builds: ours, from folders of this host and with events, and Docker's, from an archive and with the stream of
// its classic builder, which every client reads.
import { rm } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { Readable } from 'node:stream'
import type { BuildEvent } from '../../docker/protocol/build-events.ts'
import type { WantedBuild } from '../../docker/protocol/extensions.ts'
import type { Credentials } from '../../registry/credentials.ts'
import { ComposeError, messageOf } from '../../shared/errors.ts'
import type { Builder } from '../build/builder.ts'
import type { BuildCache } from '../build/cache.ts'
import type { CacheMounts } from '../build/cache-mounts.ts'
import { type CacheRecord, pruneBuildCache } from '../build/prune.ts'
import { receiveContext } from '../build/receive.ts'
import type { BuildRequest } from '../build/request.ts'
import type { Workers } from '../chrooted/workers.ts'
import type { Images } from '../images/images.ts'
import { classicStream } from './classic-build.ts'
import { readClassicExtras } from './classic-query.ts'
import { any, type FilterRow, labels, matcher, until, withoutLabels, yesOrNo } from './filters.ts'
import { createQueue } from './queue.ts'
import type { Request, Routes } from './router.ts'

export interface BuildRoutesOptions {
  builder: Builder
  buildCache: BuildCache
  images: Images
  workers: Workers
  cacheMounts: CacheMounts
  digestBooks: string
  explain: (error: unknown) => unknown
}

export function buildRoutes(options: BuildRoutesOptions): Routes {
  const { builder, explain } = options

  type Act = (wanted: BuildRequest, report: (event: BuildEvent) => void, signal: AbortSignal) => Promise<unknown>
  const buildOurs = withContext(builder.build)
  const checkOurs = withContext(async (wanted, report) => builder.check(wanted, report))

  /** A context may be the address of one. */
  function withContext(act: Act): Act {
    return async (wanted, report, signal) => {
      const { context } = wanted
      if (context === undefined || isAbsolute(context)) return act(wanted, report, signal)
      const folder = builder.receive()
      try {
        const worker = options.workers.unpack
        const received = await receiveContext({
          folder,
          body: Readable.from([]),
          remote: context,
          keepGitFolder: keepsGitFolder(wanted.args),
          access: wanted,
          worker,
          signal,
        })
        const text = received.dockerfile
        const request = { ...wanted, context: received.context, live: false }
        return await act(text === undefined ? request : { ...request, dockerfile: { text } }, report, signal)
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    }
  }

  return {
    'POST /x/build': async request => {
      const asked = await request.json()
      const queue = createQueue<BuildEvent>()
      const act = asked.Check ? checkOurs : buildOurs
      act(fromOurs(asked), queue.push, request.signal)
        .catch(error => queue.push(errorEvent(explain(error))))
        .finally(queue.end)
      return { stream: lines(queue.items()), contentType: 'application/x-ndjson' }
    },

    'POST /build': async request => {
      const { headers, body, query, signal } = request
      const folder = builder.receive()
      const remove = () => rm(folder, { recursive: true, force: true })
      try {
        const received = await receiveContext({
          folder,
          body: Readable.from(body),
          remote: query.remote,
          keepGitFolder: keepsGitFolder(strings(query.buildargs, 'buildargs')),
          worker: options.workers.unpack,
          signal,
        })
        const wanted = fromDocker(request, received, credentialsOf(headers['x-registry-config']))
        const queue = createQueue<object>()
        const classic = classicStream(queue.push, query.q)
        builder
          .build(wanted, classic.event, signal)
          .then(classic.done, error => classic.failed(explain(error)))
          .finally(() => remove().finally(queue.end))
        return { stream: lines(queue.items()), contentType: 'application/json' }
      } catch (error) {
        await remove()
        throw error
      }
    },

    'POST /build/prune': async ({ query }) => {
      const limits = [query['keep-storage'], query['reserved-space'], query['max-used-space']].flatMap(
        limit => limit ?? [],
      )
      const request = { all: query.all, admits: matcher(pruneFilters, query.filters), keep: Math.max(0, ...limits) }
      const { removed, freed } = await pruneBuildCache(options, request)
      return { json: { CachesDeleted: removed.map(({ id }) => id), SpaceReclaimed: freed } }
    },
  }
}

const keepsGitFolder = (args: BuildRequest['args']): boolean | undefined =>
  /^(?:1|t|true)$/i.test(args.BUILDKIT_CONTEXT_KEEP_GIT_DIR ?? '') || undefined

const pruneFilters = {
  description: any((record, text) => record.description.includes(text)),
  id: any((record, text) => record.id.startsWith(text)),
  // `docker system prune` asks here too: what a build keeps has no labels.
  label: labels<CacheRecord>(() => ({})),
  'label!': withoutLabels<CacheRecord>(() => ({})),
  inuse: yesOrNo(record => record.inUse),
  parent: any((record, text) => record.parents.includes(text)),
  private: yesOrNo(record => !record.inUse),
  shared: yesOrNo(record => record.inUse),
  type: any((record, text) => record.type === text),
  until: until(record => record.lastUsed),
} satisfies Record<string, FilterRow<CacheRecord>>

function errorEvent(error: unknown): BuildEvent {
  const { path, hint, details } =
    error instanceof ComposeError ? error : { path: undefined, hint: undefined, details: undefined }
  return { type: 'error', message: messageOf(error), path, hint, details }
}

function fromOurs(wanted: WantedBuild): BuildRequest {
  const { Dockerfile = 'Dockerfile', DockerfileInline, Auth = {}, Secrets = {}, Ssh = {} } = wanted
  return {
    context: wanted.Context,
    live: true,
    dockerfile: DockerfileInline === undefined ? { path: Dockerfile } : { text: DockerfileInline },
    target: wanted.Target,
    args: wanted.Args ?? {},
    contexts: wanted.Contexts ?? {},
    tags: wanted.Tags ?? [],
    labels: wanted.Labels ?? {},
    platform: wanted.Platform,
    noCache: wanted.NoCache ?? false,
    noCacheFilter: wanted.NoCacheFilter ?? [],
    pull: wanted.Pull ?? false,
    network: wanted.Network || 'default',
    extraHosts: wanted.ExtraHosts ?? [],
    shmSize: wanted.ShmSize,
    ulimits: wanted.Ulimits ?? [],
    ...noLimits,
    memory: wanted.Memory,
    entitlements: wanted.Entitlements ?? [],
    secrets: new Map(Object.entries(Secrets).map(([id, content]) => [id, Buffer.from(content, 'base64')])),
    ssh: new Map(Object.entries(Ssh)),
    cacheFrom: wanted.CacheFrom ?? [],
    cacheTo: (wanted.CacheTo ?? []).map(({ Ref, Mode = 'min', IgnoreError = false }) => ({
      name: Ref,
      mode: Mode,
      ignoreError: IgnoreError,
    })),
    inlineCache: wanted.InlineCache || wanted.Args?.BUILDKIT_INLINE_CACHE === '1',
    // An AuthConfig of the API document.
    credentials: registry => Auth[registry] as Credentials | undefined,
  }
}

const noLimits = {
  memorySwap: undefined,
  cpuShares: undefined,
  cpuQuota: undefined,
  cpuPeriod: undefined,
  cpusetCpus: undefined,
  cgroupParent: undefined,
}

type ClassicRequest = Request<'POST /build'>

function fromDocker(
  { query, body }: ClassicRequest,
  received: { context: string | undefined; dockerfile: string | undefined },
  credentials: BuildRequest['credentials'],
): BuildRequest {
  if (query.squash) throw new ComposeError('not_implemented', 'squash is not available on this engine')
  if (query.outputs) throw new ComposeError('not_implemented', 'outputs are not available by this route on this engine')
  const args = strings(query.buildargs, 'buildargs')
  return {
    context: received.context,
    live: false,
    dockerfile:
      received.dockerfile === undefined ? { path: query.dockerfile ?? 'Dockerfile' } : { text: received.dockerfile },
    target: query.target,
    args,
    contexts: {},
    tags: query.t,
    labels: strings(query.labels, 'labels'),
    platform: query.platform,
    noCache: query.nocache,
    noCacheFilter: [],
    pull: /^(?:1|true)$/i.test(query.pull ?? ''),
    network: query.networkmode || 'default',
    ...readClassicExtras(body.url, { version: query.version, firstHosts: query.extrahosts }),
    shmSize: query.shmsize,
    memory: query.memory,
    memorySwap: query.memswap,
    cpuShares: query.cpushares,
    cpuQuota: query.cpuquota,
    cpuPeriod: query.cpuperiod,
    cpusetCpus: query.cpusetcpus,
    entitlements: [],
    secrets: new Map(),
    ssh: new Map(),
    cacheFrom: list(query.cachefrom, 'cachefrom'),
    cacheTo: [],
    inlineCache: args.BUILDKIT_INLINE_CACHE === '1',
    credentials,
  }
}

function json(text: string | undefined, name: string): unknown {
  try {
    return JSON.parse(text || 'null')
  } catch (cause) {
    throw new ComposeError('invalid_argument', `${name} is not JSON`, { cause })
  }
}

/** A map of texts; null means that there is no value. */
function strings(text: string | undefined, name: string): Record<string, string> {
  const value = json(text, name) ?? {}
  if (typeof value !== 'object') throw new ComposeError('invalid_argument', `${name} is not a map`)
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (typeof item === 'string' ? [[key, item]] : [])),
  )
}

function list(text: string | undefined, name: string): string[] {
  const value = json(text, name) ?? []
  if (!Array.isArray(value)) throw new ComposeError('invalid_argument', `${name} is not a list`)
  return value.filter(item => typeof item === 'string')
}

/** X-Registry-Config: an AuthConfig for each registry. */
function credentialsOf(header: string | string[] | undefined): BuildRequest['credentials'] {
  if (typeof header !== 'string' || header === '') return () => undefined
  const all = json(Buffer.from(header, 'base64url').toString('utf8'), 'X-Registry-Config') ?? {}
  // The API document's shape; clients name Docker Hub by its old address.
  const known = all as Record<string, Credentials>
  return registry =>
    known[registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry] ?? known[`https://${registry}`]
}

async function* lines(items: AsyncIterable<object>): AsyncGenerator<Buffer> {
  for await (const item of items) yield Buffer.from(`${JSON.stringify(item)}\r\n`)
}
