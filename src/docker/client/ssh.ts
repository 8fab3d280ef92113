// A connection to an engine behind ssh: the remote docker CLI joins our pipes to its engine's socket.
import type { ChildProcess } from 'node:child_process'
import { Duplex } from 'node:stream'
import { ComposeError } from '../../shared/errors.ts'
import type { Endpoint } from './endpoint.ts'

type SshEndpoint = Extract<Endpoint, { kind: 'ssh' }>

function sshArguments(endpoint: SshEndpoint): string[] {
  return [
    ...(endpoint.user ? ['-l', endpoint.user] : []),
    ...(endpoint.port ? ['-p', endpoint.port] : []),
    ...['-o', 'ConnectTimeout=30', '-T', '--', endpoint.host],
    'docker',
    ...(endpoint.socket ? ['--host', `unix://${endpoint.socket}`] : []),
    ...['system', 'dial-stdio'],
  ]
}

/** Spawns ssh; a failed login surfaces as the stream's error, with what ssh said. */
export function dialSsh(endpoint: SshEndpoint): Duplex {
  const { spawn } = process.getBuiltinModule('node:child_process')
  return new PipeSocket(spawn('ssh', sshArguments(endpoint), { stdio: ['pipe', 'pipe', 'pipe'] }), endpoint.host)
}

/** The pipes of a child as one stream, with the methods node:http calls on a socket. */
class PipeSocket extends Duplex {
  readonly #child: ChildProcess
  #said = ''

  constructor(child: ChildProcess, host: string) {
    super({ allowHalfOpen: true })
    this.#child = child
    child.stderr?.on('data', chunk => {
      this.#said = `${this.#said}${chunk}`.slice(-2000)
    })
    child.stdout?.on('data', chunk => this.push(chunk) || child.stdout?.pause())
    // 'close' below tells more than a broken pipe does.
    child.stdin?.on('error', () => {})
    child.on('error', cause =>
      this.destroy(
        new ComposeError('unavailable', `cannot start ssh: ${cause.message}`, { hint: 'install an ssh client', cause }),
      ),
    )
    child.on('close', code => {
      if (!code) return void this.push(null)
      this.destroy(
        new ComposeError('unavailable', `ssh to ${host} ended with ${code}: ${this.#said.trim()}`, {
          hint: `ssh ${host} docker version`,
        }),
      )
    })
  }

  override _read(): void {
    this.#child.stdout?.resume()
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#child.stdin?.write(chunk, () => done())
  }

  override _final(done: () => void): void {
    this.#child.stdin?.end(() => done())
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#child.kill()
    done(error)
  }

  setTimeout(): this {
    return this
  }
  setKeepAlive(): this {
    return this
  }
  setNoDelay(): this {
    return this
  }
  ref(): this {
    this.#child.ref()
    return this
  }
  unref(): this {
    this.#child.unref()
    return this
  }
}
