// One network of the engine, as dockerode's Network.
import type { NetworkConnectRequest, NetworkDisconnectRequest, Network as NetworkRecord } from '../protocol/types.ts'
import type { CallOptions, Http } from './http.ts'

export class Network {
  readonly id: string
  readonly #http: Http

  constructor(http: Http, id: string) {
    this.#http = http
    this.id = id
  }

  inspect(options: CallOptions = {}): Promise<NetworkRecord> {
    return this.#http.json({ method: 'GET', path: this.#path(''), ...options })
  }

  async remove(options: CallOptions = {}): Promise<void> {
    await this.#http.json({ method: 'DELETE', path: this.#path(''), ...options })
  }

  async connect({ abortSignal, ...body }: NetworkConnectRequest & CallOptions): Promise<void> {
    await this.#http.json({ method: 'POST', path: this.#path('/connect'), body, abortSignal })
  }

  async disconnect({ abortSignal, ...body }: NetworkDisconnectRequest & CallOptions): Promise<void> {
    await this.#http.json({ method: 'POST', path: this.#path('/disconnect'), body, abortSignal })
  }

  #path(rest: string): string {
    return `/networks/${encodeURIComponent(this.id)}${rest}`
  }
}
