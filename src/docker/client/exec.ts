// A command inside a running container, as dockerode's Exec.
import type { ExecInspectResponse } from '../protocol/types.ts'
import type { CallOptions, Hijacked, Http } from './http.ts'

export class Exec {
  readonly id: string
  readonly #http: Http

  constructor(http: Http, id: string) {
    this.#http = http
    this.id = id
  }

  /** Its streams: framed, or raw with `Tty`. Ending the stream closes the command's stdin. */
  start({ abortSignal, ...body }: CallOptions & { Tty?: boolean; ConsoleSize?: number[] } = {}): Promise<Hijacked> {
    const request = {
      method: 'POST',
      path: `/exec/${this.id}/start`,
      body: { Detach: false, ...body },
      abortSignal,
    } as const
    return this.#http.hijack(request)
  }

  async startDetached({ abortSignal }: CallOptions = {}): Promise<void> {
    await this.#http.json({ method: 'POST', path: `/exec/${this.id}/start`, body: { Detach: true }, abortSignal })
  }

  inspect(options: CallOptions = {}): Promise<ExecInspectResponse> {
    return this.#http.json({ method: 'GET', path: `/exec/${this.id}/json`, ...options })
  }

  async resize({ abortSignal, h, w }: CallOptions & { h: number; w: number }): Promise<void> {
    await this.#http.json({ method: 'POST', path: `/exec/${this.id}/resize`, query: { h, w }, abortSignal })
  }
}
