// One image of the engine, as dockerode's Image.
import type { DistributionInspect, ImageDeleteResponseItem, ImageInspect } from '../protocol/types.ts'
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
