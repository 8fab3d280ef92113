// Routes that follow a container: logs, attach, exec.
import type { Duplex } from 'node:stream'
import { frame, frameHead, multiplexedType, rawType } from '../../docker/protocol/frames.ts'
import { ComposeError, isErrno } from '../../shared/errors.ts'
import type { RunningExec } from '../containers/exec/exec-streams.ts'
import type { Execs } from '../containers/exec/execs.ts'
import type { Lifecycle } from '../containers/life/lifecycle.ts'
import type { Waiters } from '../containers/life/waiting.ts'
import { type Input, logEnd, logPathOf, openInput } from '../containers/logs/attachments.ts'
import { type LogEntry, readLog } from '../containers/logs/log-file.ts'
import { type ContainerRecord, isRunning } from '../containers/record.ts'
import type { Registry } from '../containers/registry.ts'
import type { EventBus } from '../events/bus.ts'
import { size } from './containers.ts'
import type { AnyRequest, Reply, Request, Routes } from './router.ts'

type Attach = Request<'POST /containers/{id}/attach'>

/** Which streams are sent, and whether each line has its time. */
interface Shown {
  stdout: boolean
  stderr: boolean
  timestamps?: boolean
}

export interface StreamRoutesOptions {
  registry: Registry
  lifecycle: Lifecycle
  execs: Execs
  waiters: Waiters
  events: EventBus
}

export function streamRoutes({ registry, lifecycle, execs, waiters, events }: StreamRoutesOptions): Routes {
  return {
    'GET /containers/{id}/logs': request => {
      const record = registry.get(request.parameters.id ?? '')
      const { query, signal } = request
      if (!query.stdout && !query.stderr) {
        throw new ComposeError('invalid_argument', 'Bad parameters: you must choose at least one stream')
      }
      if (record.hostConfig.LogConfig?.Type === 'none') {
        throw new ComposeError('not_implemented', 'configured logging driver does not support reading')
      }
      const { tail = 'all', since, until } = query
      // Docker Engine takes every word that is no number for all.
      const range = { tail: /^\d+$/.test(tail) ? Number(tail) : undefined, since, until }
      const follow = query.follow && isRunning(record) ? endOf(record, signal) : undefined
      const entries = readLog(logPathOf(lifecycle.folderOf(record)), range, follow)
      return { stream: encode(entries, record, query), contentType: record.config.Tty ? rawType : multiplexedType }
    },

    'POST /containers/{id}/attach': request => attach(request),

    'POST /containers/{id}/exec': async request => {
      const record = registry.get(request.parameters.id ?? '')
      return { json: { Id: execs.create(record, await request.json()).id }, status: 201 }
    },
    'GET /exec/{id}/json': request => ({ json: execView(request) }),
    'POST /exec/{id}/resize': request => {
      const { h, w } = request.query
      execs.resize(request.parameters.id ?? '', ...size({ h, w }))
      return { status: 204 }
    },
    'POST /exec/{id}/start': async request => {
      const id = request.parameters.id ?? ''
      const { Detach = false, Tty = false, ConsoleSize } = await request.json()
      const exec = execs.get(id)
      if (ConsoleSize) exec.config.ConsoleSize = ConsoleSize
      exec.config.Tty ||= Tty
      const running = execs.start(id)
      if (Detach) {
        for (const { source } of running.outputs) source.resume()
        return { status: 204 } satisfies Reply
      }
      const tty = exec.config.Tty ?? false
      connectExec(request.hijack(tty ? rawType : multiplexedType), running, tty)
      return { hijacked: true }
    },
  }

  function attach(request: Attach): Reply {
    const record = registry.get(request.parameters.id ?? '')
    const { query } = request
    if (record.state.status === 'paused')
      throw new ComposeError('conflict', `Container ${record.name} is paused. Unpause the container before attach`)
    const folder = lifecycle.folderOf(record)
    const path = logPathOf(folder)
    const offset = query.logs ? 0 : logEnd(folder)
    const connection = request.hijack(record.config.Tty ? rawType : multiplexedType)
    const gone = new AbortController()
    connection.once('close', () => gone.abort())
    const fail = () => connection.destroy()
    if (query.stdin && record.config.OpenStdin) takeInput(record, connection, gone.signal).catch(fail)
    else connection.resume()
    if (query.stream) follow(record, path, offset, connection, query, gone.signal).catch(fail)
    else connection.end()
    return { hijacked: true }
  }

  /** A client may attach before a start, so that it misses nothing; with the end of that life it has all. */
  async function follow(
    record: ContainerRecord,
    path: string,
    offset: number,
    connection: Duplex,
    query: Shown,
    gone: AbortSignal,
  ): Promise<void> {
    await started(record, gone)
    if (!gone.aborted) {
      const entries = readLog(path, { offset }, endOf(record, gone))
      for await (const chunk of encode(entries, record, query)) {
        if (gone.aborted) break
        if (!connection.write(chunk)) await drained(connection)
      }
    }
    connection.end()
  }

  async function takeInput(record: ContainerRecord, connection: Duplex, gone: AbortSignal): Promise<void> {
    connection.pause()
    await started(record, gone)
    const input = gone.aborted ? undefined : inputOf(record)
    if (!input) return void connection.resume()
    connection.on('data', (chunk: Buffer) => input.write(chunk))
    connection.once('end', () => input.end())
    connection.once('close', () => input.end())
    connection.resume()
  }

  /** Undefined when it has ended, or is about to. */
  function inputOf(record: ContainerRecord): Input | undefined {
    try {
      return isRunning(record) ? openInput(lifecycle.folderOf(record)) : undefined
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ECONNREFUSED')) return undefined
      throw error
    }
  }

  /** Resolves when it runs, or when its next start has failed. */
  function started(record: ContainerRecord, gone: AbortSignal): Promise<void> {
    if (isRunning(record)) return Promise.resolve()
    return new Promise(resolve => {
      const stop = events.listen(({ Actor, Action }) => {
        if (Actor?.ID === record.id && (Action === 'start' || Action === 'destroy')) finish()
      })
      const finish = () => {
        stop()
        resolve()
      }
      void waiters.wait(record.id, 'failed-start').then(finish)
      gone.addEventListener('abort', finish, { once: true })
    })
  }

  /**
   * Fires when the container has ended, also if it is to be started again, or nobody listens any more. As with Docker
   * Engine a log is followed for one life: clients open it again when they are told of the next start.
   */
  function endOf(record: ContainerRecord, gone: AbortSignal): AbortSignal {
    const end = new AbortController()
    gone.addEventListener('abort', () => end.abort(), { once: true })
    if (!isRunning(record)) end.abort()
    else void waiters.wait(record.id, 'next-exit').then(() => end.abort())
    return end.signal
  }

  function execView(request: AnyRequest) {
    const { id, containerId, config, running, exitCode, pid } = execs.get(request.parameters.id ?? '')
    const [entrypoint, ...args] = config.Cmd ?? []
    return {
      ID: id,
      Running: running,
      ExitCode: exitCode ?? null,
      ProcessConfig: {
        tty: config.Tty ?? false,
        entrypoint,
        arguments: args,
        privileged: config.Privileged ?? false,
        user: config.User ?? '',
      },
      OpenStdin: config.AttachStdin ?? false,
      OpenStderr: config.AttachStderr ?? false,
      OpenStdout: config.AttachStdout ?? false,
      CanRemove: false,
      ContainerID: containerId,
      DetachKeys: '',
      Pid: pid,
    }
  }

  function connectExec(connection: Duplex, running: RunningExec, tty: boolean): void {
    connection.on('data', (chunk: Buffer) => running.stdin?.write(chunk))
    // A client that was killed with output unread leaves an error, and no end.
    for (const last of ['end', 'close']) connection.once(last, () => running.stdin?.end())
    let open = running.outputs.length
    const wrote = running.outputs.map(({ stream, source }) => {
      source.on('data', (chunk: Buffer) => {
        // Nobody reads it any more, and the program must not wait for somebody who does.
        if (connection.destroyed) return
        if (!connection.write(tty ? chunk : frame(stream, chunk))) {
          source.pause()
          connection.once('drain', () => source.resume())
        }
      })
      return new Promise<void>(resolve => source.once('close', resolve).once('end', resolve))
    })
    void running.exited.then(async ({ complaint }) => {
      // What the program left in the background may keep its output open: a moment for the rest, then the end.
      await Promise.race([Promise.all(wrote), delay(lastOutput)])
      open = 0
      if (complaint)
        connection.write(tty ? Buffer.from(`${complaint}\r\n`) : frame('stdout', Buffer.from(`${complaint}\r\n`)))
      connection.end()
    })
    connection.once('close', () => {
      if (open > 0) for (const { source } of running.outputs) source.resume()
    })
  }
}

const lastOutput = 200
const delay = (milliseconds: number) => new Promise<void>(resolve => setTimeout(resolve, milliseconds))

const drained = (connection: Duplex) =>
  new Promise<void>(resolve => {
    connection.once('drain', resolve)
    connection.once('close', resolve)
  })

async function* encode(
  entries: AsyncIterable<LogEntry[]>,
  { config }: ContainerRecord,
  query: Shown,
): AsyncGenerator<Buffer> {
  for await (const batch of entries) {
    const chunks: Buffer[] = []
    for (const entry of batch) {
      if (!query[entry.stream]) continue
      const stamp = query.timestamps ? Buffer.from(`${entry.time} `) : undefined
      if (!config.Tty) chunks.push(frameHead(entry.stream, entry.text.length + (stamp?.length ?? 0)))
      if (stamp) chunks.push(stamp)
      chunks.push(entry.text)
    }
    if (chunks.length > 0) yield Buffer.concat(chunks)
  }
}
