// Client of any Docker Engine API, with dockerode's method names and shapes. Paths and parameters are those of the
// API document; every call takes an abortSignal among its options.
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { ComposeError } from '../../shared/errors.ts'
import {
  type ExtensionAnswers,
  type ExtensionBodies,
  type ExtensionName,
  extensions,
  type WantedBuild,
} from '../protocol/extensions.ts'
import type {
  BuildPruneResponse,
  ContainerCreateRequest,
  ContainerCreateResponse,
  ContainerPruneResponse,
  ContainerSummary,
  ImagePruneResponse,
  ImageSummary,
  NetworkCreateRequest,
  NetworkCreateResponse,
  NetworkPruneResponse,
  Network as NetworkRecord,
  SystemDataUsageResponse,
  SystemInfo,
  SystemVersion,
  VolumeCreateOptions,
  VolumeListResponse,
  VolumePruneResponse,
  Volume as VolumeRecord,
} from '../protocol/types.ts'
import { Container } from './container.ts'
import { describeEndpoint, type Endpoint } from './endpoint.ts'
import { Exec } from './exec.ts'
import { type CallOptions, type Http, openHttp, registryAuth } from './http.ts'
import { Image } from './image.ts'
import { Network } from './network.ts'
import { Volume } from './volume.ts'

/** `{label: ['a=b']}`: the values of one key are alternatives, but for labels, which must all hold. */
export type Filters = Record<string, string[]>

export interface Listing extends CallOptions {
  filters?: Filters | undefined
}

export interface Ping {
  apiVersion: string
  /** Such as `tsc-compose/0.1.0` or `Docker/28.5.1 (linux)`. */
  server: string
  /** The routes under /x/ that it has; a Docker Engine has none. */
  extensions: string[]
}

/** The newest API whose shapes this client knows. */
const newestApi = '1.51'

export class Docker {
  readonly #http: Http
  /** Undefined until `negotiate` has asked. */
  #extensions: readonly string[] | undefined

  constructor(endpoint: Endpoint) {
    this.#http = openHttp(endpoint)
  }

  /** Known once negotiate() is done. */
  hasExtension(name: ExtensionName): boolean {
    return this.#extensions?.includes(name) ?? false
  }

  get endpoint(): Endpoint {
    return this.#http.endpoint
  }

  /** Ends idle connections; calls that still run are not touched. */
  close(): void {
    this.#http.close()
  }

  /** Agrees on the API version for the calls that follow: the older of ours and the engine's. */
  async negotiate(options: CallOptions = {}): Promise<Ping> {
    const ping = await this.ping(options)
    this.#http.prefix = `/v${olderVersion(newestApi, ping.apiVersion)}`
    this.#extensions = ping.extensions
    return ping
  }

  async ping(options: CallOptions = {}): Promise<Ping> {
    const response = await this.#http.stream({ method: 'GET', path: '/_ping', ...options })
    response.resume()
    const text = (name: string) => String(response.headers[name] ?? '')
    return {
      apiVersion: text('api-version') || newestApi,
      server: text('server'),
      extensions: text('x-extensions').split(',').filter(Boolean),
    }
  }

  df({ abortSignal, ...query }: CallOptions & { type?: string[] } = {}): Promise<SystemDataUsageResponse> {
    return this.#http.json({ method: 'GET', path: '/system/df', query, abortSignal })
  }

  info(options: CallOptions = {}): Promise<SystemInfo> {
    return this.#http.json({ method: 'GET', path: '/info', ...options })
  }

  version(options: CallOptions = {}): Promise<SystemVersion> {
    return this.#http.json({ method: 'GET', path: '/version', ...options })
  }

  /** JSON lines; read them with `jsonLines`. The answer's head is there as soon as the engine listens. */
  getEvents(options: Listing & { since?: number | string; until?: number | string } = {}): Promise<IncomingMessage> {
    const { abortSignal, ...query } = options
    return this.#http.stream({ method: 'GET', path: '/events', query, abortSignal })
  }

  /** `warnings` of the result are the engine's. */
  async createContainer(
    options: ContainerCreateRequest & CallOptions & { name?: string | undefined; platform?: string | undefined },
  ): Promise<Container & { warnings: string[] }> {
    const { abortSignal, name, platform, ...body } = options
    const created = await this.#http.json<ContainerCreateResponse>({
      method: 'POST',
      path: '/containers/create',
      query: { name, platform },
      body,
      abortSignal,
    })
    return Object.assign(this.getContainer(created.Id), { warnings: created.Warnings })
  }

  getContainer(id: string): Container {
    return new Container(this.#http, id)
  }

  listContainers(
    options: Listing & { all?: boolean; limit?: number; size?: boolean } = {},
  ): Promise<ContainerSummary[]> {
    const { abortSignal, ...query } = options
    return this.#http.json({ method: 'GET', path: '/containers/json', query, abortSignal })
  }

  getExec(id: string): Exec {
    return new Exec(this.#http, id)
  }

  async createNetwork(options: NetworkCreateRequest & CallOptions): Promise<Network & { warning: string }> {
    const { abortSignal, ...body } = options
    const created = await this.#http.json<NetworkCreateResponse>({
      method: 'POST',
      path: '/networks/create',
      body,
      abortSignal,
    })
    return Object.assign(this.getNetwork(created.Id), { warning: created.Warning })
  }

  getNetwork(id: string): Network {
    return new Network(this.#http, id)
  }

  listNetworks(options: Listing = {}): Promise<NetworkRecord[]> {
    const { abortSignal, ...query } = options
    return this.#http.json({ method: 'GET', path: '/networks', query, abortSignal })
  }

  createVolume(options: VolumeCreateOptions & CallOptions): Promise<VolumeRecord> {
    const { abortSignal, ...body } = options
    return this.#http.json({ method: 'POST', path: '/volumes/create', body, abortSignal })
  }

  getVolume(name: string): Volume {
    return new Volume(this.#http, name)
  }

  listVolumes(options: Listing = {}): Promise<VolumeListResponse> {
    const { abortSignal, ...query } = options
    return this.#http.json({ method: 'GET', path: '/volumes', query, abortSignal })
  }

  /** Progress as JSON lines: nothing is pulled until `followProgress` has read them. */
  pull(
    reference: string,
    options: CallOptions & { platform?: string | undefined; authconfig?: object | undefined } = {},
  ): Promise<IncomingMessage> {
    const { abortSignal, platform, authconfig } = options
    return this.#http.stream({
      method: 'POST',
      path: '/images/create',
      query: { fromImage: withTag(reference), platform },
      headers: registryAuth(authconfig),
      abortSignal,
    })
  }

  /** A root file system as one tar becomes an image of one layer. */
  importImage(
    tar: Readable | Buffer,
    options: CallOptions & {
      repo?: string
      tag?: string
      changes?: string | readonly string[]
      platform?: string
    } = {},
  ): Promise<IncomingMessage> {
    const { abortSignal, ...query } = options
    return this.#http.stream({
      method: 'POST',
      path: '/images/create',
      query: { fromSrc: '-', ...query },
      upload: tar,
      abortSignal,
    })
  }

  /** A tar as `docker save` or an OCI layout. */
  loadImage(tar: Readable | Buffer, options: CallOptions & { quiet?: boolean } = {}): Promise<IncomingMessage> {
    const { abortSignal, ...query } = options
    const headers = { 'Content-Type': 'application/x-tar' }
    return this.#http.stream({ method: 'POST', path: '/images/load', query, headers, upload: tar, abortSignal })
  }

  /** One archive of several images, as `docker save` writes it. */
  saveImages(names: string[], options: CallOptions = {}): Promise<IncomingMessage> {
    return this.#http.stream({ method: 'GET', path: '/images/get', query: { names }, ...options })
  }

  /** A context in a tar becomes an image; progress as JSON lines. */
  buildImage(
    tar: Readable | Buffer,
    options: CallOptions & {
      query?: Record<string, string | string[] | number | boolean | undefined>
      registries?: object
    },
  ): Promise<IncomingMessage> {
    const { abortSignal, query = {}, registries } = options
    const headers = {
      'Content-Type': 'application/x-tar',
      ...(registries ? { 'X-Registry-Config': Buffer.from(JSON.stringify(registries)).toString('base64url') } : {}),
    }
    return this.#http.stream({ method: 'POST', path: '/build', query, headers, upload: tar, abortSignal })
  }

  /** The same of a folder of the engine's host: BuildEvents as JSON lines, the last of them the image or the error. */
  buildFrom(wanted: WantedBuild, { abortSignal }: CallOptions = {}): Promise<IncomingMessage> {
    return this.#http.stream({ ...this.#extensionRoute('build'), body: wanted, abortSignal })
  }

  /** One archive of several images. */
  getImages({ abortSignal, names }: CallOptions & { names: string[] }): Promise<IncomingMessage> {
    return this.#http.stream({ method: 'GET', path: '/images/get', query: { names }, abortSignal })
  }

  getImage(name: string): Image {
    return new Image(this.#http, name)
  }

  listImages(options: Listing & { all?: boolean } = {}): Promise<ImageSummary[]> {
    const { abortSignal, ...query } = options
    return this.#http.json({ method: 'GET', path: '/images/json', query, abortSignal })
  }

  pruneContainers(options: Listing = {}): Promise<ContainerPruneResponse> {
    return this.#prune('containers', options)
  }

  pruneImages(options: Listing = {}): Promise<ImagePruneResponse> {
    return this.#prune('images', options)
  }

  pruneNetworks(options: Listing = {}): Promise<NetworkPruneResponse> {
    return this.#prune('networks', options)
  }

  pruneVolumes(options: Listing = {}): Promise<VolumePruneResponse> {
    return this.#prune('volumes', options)
  }

  /** The build cache; `all`: also what images have. */
  pruneBuilds(options: Listing & { all?: boolean } = {}): Promise<BuildPruneResponse> {
    return this.#prune('build', options)
  }

  #prune<T>(resource: string, { abortSignal, ...query }: Listing): Promise<T> {
    return this.#http.json({ method: 'POST', path: `/${resource}/prune`, query, abortSignal })
  }

  /** What Docker has no word for. Throws not_implemented where `negotiate` has found that the engine doesn't have it. */
  extension<Name extends Exclude<ExtensionName, 'logs' | 'sync'>>(
    name: Name,
    options: CallOptions & { body?: ExtensionBodies[Name] } = {},
  ): Promise<ExtensionAnswers[Name]> {
    const { abortSignal, body } = options
    return this.#http.json({ ...this.#extensionRoute(name), body, abortSignal })
  }

  /** The engine's log; with `follow` for as long as it grows. */
  engineLogs(options: CallOptions & { follow?: boolean } = {}): Promise<IncomingMessage> {
    const { abortSignal, follow } = options
    return this.#http.stream({ ...this.#extensionRoute('logs'), query: { follow }, abortSignal })
  }

  /** Unpacks an archive at a container's root; `.wh.name` in it deletes `name`. */
  async syncFiles(container: string, tar: Readable | Buffer, { abortSignal }: CallOptions = {}): Promise<void> {
    const headers = { 'Content-Type': 'application/x-tar' }
    await this.#http.json({ ...this.#extensionRoute('sync'), query: { container }, upload: tar, headers, abortSignal })
  }

  #extensionRoute(name: ExtensionName): { method: 'GET' | 'POST'; path: string } {
    const { route, ofDocker } = extensions[name]
    if (this.#extensions !== undefined && !this.hasExtension(name))
      throw new ComposeError('not_implemented', `the engine at ${describeEndpoint(this.endpoint)} has no ${name}`, {
        hint: ofDocker,
      })
    return { method: route.startsWith('GET') ? 'GET' : 'POST', path: route.slice(route.indexOf('/')) }
  }
}

function olderVersion(one: string, other: string): string {
  return one.localeCompare(other, 'en', { numeric: true }) <= 0 ? one : other
}

/** Without a tag the engine would pull every tag of the repository. */
function withTag(reference: string): string {
  const name = reference.slice(reference.lastIndexOf('/') + 1)
  return /[:@]/.test(name) ? reference : `${reference}:latest`
}
