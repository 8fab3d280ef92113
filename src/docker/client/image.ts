// One image of the engine, as dockerode's Image.
import type { IncomingMessage } from 'node:http'
import type {
  DistributionInspect,
  ImageDeleteResponseItem,
  ImageHistoryResponseItem,
  ImageInspect,
} from '../protocol/types.ts'
import { type CallOptions, type Http, registryAuth } from './http.ts'

export class Image {
  readonly name: string
  readonly #http: Http

  constructor(http: Http, name: string) {
    this.#http = http
    this.name = name
  }

  /** What the registry has under this name. */
  distribution(options: CallOptions & { authconfig?: object | undefined } = {}): Promise<DistributionInspect> {
    const { abortSignal, authconfig } = options
    const headers = registryAuth(authconfig)
    return this.#http.json({ method: 'GET', path: `/distribution/${this.name}/json`, headers, abortSignal })
  }

  inspect(options: CallOptions = {}): Promise<ImageInspect> {
    return this.#http.json({ method: 'GET', path: `/images/${this.name}/json`, ...options })
  }

  /** An archive as `docker save` writes it. */
  get(options: CallOptions = {}): Promise<IncomingMessage> {
    return this.#http.stream({ method: 'GET', path: `/images/${this.name}/get`, ...options })
  }

  history(options: CallOptions = {}): Promise<ImageHistoryResponseItem[]> {
    return this.#http.json({ method: 'GET', path: `/images/${this.name}/history`, ...options })
  }

  /** Progress as JSON lines: it is pushed when `followProgress` has read them. The name has no tag. */
  push(
    options: CallOptions & {
      /** Undefined: all that the name has. */
      tag?: string | undefined
      /** JSON as the API has it, or what becomes that. */
      platform?: string | { os: string; architecture: string; variant?: string } | undefined
      authconfig?: object | undefined
    } = {},
  ): Promise<IncomingMessage> {
    const { abortSignal, authconfig, tag, platform } = options
    return this.#http.stream({
      method: 'POST',
      path: `/images/${this.name}/push`,
      query: { tag, platform },
      // Docker Engine wants the header where nobody has logged in, too.
      headers: registryAuth(authconfig ?? {}),
      abortSignal,
    })
  }

  remove({
    abortSignal,
    ...query
  }: CallOptions & { force?: boolean; noprune?: boolean } = {}): Promise<ImageDeleteResponseItem[]> {
    return this.#http.json({ method: 'DELETE', path: `/images/${this.name}`, query, abortSignal })
  }

  async tag({ abortSignal, ...query }: CallOptions & { repo: string; tag?: string }): Promise<void> {
    await this.#http.json({ method: 'POST', path: `/images/${this.name}/tag`, query, abortSignal })
  }
}
