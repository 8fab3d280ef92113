// One container of the engine, as dockerode's Container.

import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { historyHeader } from '../protocol/history-header.ts'
import type {
  ContainerInspectResponse,
  ContainerTopResponse,
  ContainerWaitResponse,
  ExecConfig,
  IDResponse,
} from '../protocol/types.ts'
import { unheededHeader } from '../protocol/unheeded-header.ts'
import { Exec } from './exec.ts'
import { type CallOptions, type Hijacked, type Http, readText } from './http.ts'

export interface LogOptions extends CallOptions {
  follow?: boolean | undefined
  stdout?: boolean | undefined
  stderr?: boolean | undefined
  /** Seconds since 1970, with a fraction if need be. */
  since?: string | number | undefined
  until?: string | number | undefined
  timestamps?: boolean | undefined
  tail?: string | number | undefined
  /** Our engine: also what the containers wrote whose place it took. */
  history?: boolean | undefined
}

export interface AttachOptions extends CallOptions {
  stream?: boolean | undefined
  logs?: boolean | undefined
  stdin?: boolean | undefined
  stdout?: boolean | undefined
  stderr?: boolean | undefined
  detachKeys?: string | undefined
}

export interface CommitOptions {
  repo?: string | undefined
  tag?: string | undefined
  author?: string | undefined
  comment?: string | undefined
  pause?: boolean
  changes?: readonly string[]
}

export interface PathStat {
  name: string
  size: number
  /** Go's FileMode: a folder has the bit 2^31, a link 2^27. */
  mode: number
  mtime: string
  linkTarget: string
}

export class Container {
  readonly id: string
  readonly #http: Http

  constructor(http: Http, id: string) {
    this.#http = http
    this.id = id
  }

  inspect(options: CallOptions = {}): Promise<ContainerInspectResponse> {
    return this.#http.json({ method: 'GET', path: this.#path('/json'), ...options })
  }

  /** Starting what runs is no error. */
  async start(options: CallOptions = {}): Promise<void> {
    await this.#post('/start', {}, options)
  }

  /**
   * `t`: seconds until SIGKILL, -1 for never; without it the container's own timeout. Gives the signal that was not
   * heard, where our engine has seen that the main process has no handler for it.
   */
  async stop({
    abortSignal,
    ...query
  }: CallOptions & { t?: number | undefined; signal?: string | undefined } = {}): Promise<{ unheeded?: string }> {
    const response = await this.#http.stream({ method: 'POST', path: this.#path('/stop'), query, abortSignal })
    response.resume()
    const unheeded = response.headers[unheededHeader.toLowerCase()]
    return typeof unheeded === 'string' ? { unheeded } : {}
  }

  async restart({
    abortSignal,
    ...query
  }: CallOptions & { t?: number | undefined; signal?: string | undefined } = {}): Promise<void> {
    await this.#post('/restart', query, { abortSignal })
  }

  async kill({ abortSignal, ...query }: CallOptions & { signal?: string | undefined } = {}): Promise<void> {
    await this.#post('/kill', query, { abortSignal })
  }

  async pause(options: CallOptions = {}): Promise<void> {
    await this.#post('/pause', {}, options)
  }

  async unpause(options: CallOptions = {}): Promise<void> {
    await this.#post('/unpause', {}, options)
  }

  async rename({ abortSignal, name }: CallOptions & { name: string }): Promise<void> {
    await this.#post('/rename', { name }, { abortSignal })
  }

  async resize({ abortSignal, h, w }: CallOptions & { h: number; w: number }): Promise<void> {
    await this.#post('/resize', { h, w }, { abortSignal })
  }

  async remove({
    abortSignal,
    ...query
  }: CallOptions & { force?: boolean; v?: boolean; link?: boolean } = {}): Promise<void> {
    await this.#http.json({ method: 'DELETE', path: this.#path(''), query, abortSignal })
  }

  /** Resolves when the container has ended; the request is registered once `registered` was called. */
  async wait(
    options: CallOptions & { condition?: 'not-running' | 'next-exit' | 'removed'; registered?: () => void } = {},
  ): Promise<ContainerWaitResponse> {
    const { abortSignal, condition, registered } = options
    const response = await this.#http.stream({
      method: 'POST',
      path: this.#path('/wait'),
      query: { condition },
      abortSignal,
    })
    registered?.()
    // The document's shape of this answer.
    return JSON.parse(await readText(response)) as ContainerWaitResponse
  }

  /** Framed as `frames` reads it, or raw when the container has a TTY. */
  logs({ abortSignal, history, ...query }: LogOptions = {}): Promise<IncomingMessage> {
    const headers = history ? { [historyHeader]: 'true' } : {}
    return this.#http.stream({ method: 'GET', path: this.#path('/logs'), query, headers, abortSignal })
  }

  attach({ abortSignal, ...query }: AttachOptions = {}): Promise<Hijacked> {
    return this.#http.hijack({ method: 'POST', path: this.#path('/attach'), query, abortSignal })
  }

  async exec({ abortSignal, ...body }: ExecConfig & CallOptions): Promise<Exec> {
    const created = await this.#http.json<IDResponse>({ method: 'POST', path: this.#path('/exec'), body, abortSignal })
    return new Exec(this.#http, created.Id)
  }

  top({ abortSignal, ...query }: CallOptions & { ps_args?: string } = {}): Promise<ContainerTopResponse> {
    return this.#http.json({ method: 'GET', path: this.#path('/top'), query, abortSignal })
  }

  stats({
    abortSignal,
    ...query
  }: CallOptions & { stream?: boolean; 'one-shot'?: boolean } = {}): Promise<IncomingMessage> {
    return this.#http.stream({ method: 'GET', path: this.#path('/stats'), query, abortSignal })
  }

  /** A tar of the path. */
  getArchive({ abortSignal, path }: CallOptions & { path: string }): Promise<IncomingMessage> {
    return this.#http.stream({ method: 'GET', path: this.#path('/archive'), query: { path }, abortSignal })
  }

  /** What the path is; a link is not followed. Throws not_found. */
  async infoArchive({ abortSignal, path }: CallOptions & { path: string }): Promise<PathStat> {
    const response = await this.#http.stream({
      method: 'HEAD',
      path: this.#path('/archive'),
      query: { path },
      abortSignal,
    })
    response.resume()
    const text = Buffer.from(String(response.headers['x-docker-container-path-stat'] ?? ''), 'base64').toString()
    // The document's shape of this header.
    return JSON.parse(text) as PathStat
  }

  /** A tar of all its files, without its volumes. */
  export(options: CallOptions = {}): Promise<IncomingMessage> {
    return this.#http.stream({ method: 'GET', path: this.#path('/export'), ...options })
  }

  /** Makes an image of it; `changes` are Dockerfile instructions. */
  commit({ abortSignal, changes, ...query }: CommitOptions & CallOptions = {}): Promise<IDResponse> {
    const body = {}
    const all = { container: this.id, ...query, changes: changes?.length ? changes : undefined }
    return this.#http.json({ method: 'POST', path: '/commit', query: all, body, abortSignal })
  }

  /** Unpacks a tar into the folder `path`, in a created container too. */
  async putArchive(
    tar: Readable | Buffer,
    options: CallOptions & { path: string; copyUIDGID?: boolean; noOverwriteDirNonDir?: boolean },
  ): Promise<void> {
    const { abortSignal, ...query } = options
    const headers = { 'Content-Type': 'application/x-tar' }
    await this.#http.json({ method: 'PUT', path: this.#path('/archive'), query, upload: tar, headers, abortSignal })
  }

  #path(rest: string): string {
    return `/containers/${encodeURIComponent(this.id)}${rest}`
  }

  #post(
    rest: string,
    query: Record<string, string | number | boolean | undefined>,
    { abortSignal }: CallOptions,
  ): Promise<unknown> {
    return this.#http.json({ method: 'POST', path: this.#path(rest), query, abortSignal })
  }
}
