// One volume of the engine, as dockerode's Volume.
import type { Volume as VolumeRecord } from '../protocol/types.ts'
import type { CallOptions, Http } from './http.ts'

export class Volume {
  readonly name: string
  readonly #http: Http

  constructor(http: Http, name: string) {
    this.#http = http
    this.name = name
  }

  inspect(options: CallOptions = {}): Promise<VolumeRecord> {
    return this.#http.json({ method: 'GET', path: `/volumes/${encodeURIComponent(this.name)}`, ...options })
  }

  async remove({ abortSignal, ...query }: CallOptions & { force?: boolean } = {}): Promise<void> {
    await this.#http.json({ method: 'DELETE', path: `/volumes/${encodeURIComponent(this.name)}`, query, abortSignal })
  }
}
