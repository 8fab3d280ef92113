// Attaching to a container: what it writes from now on, and input to it, on one connection.
import type { Duplex } from 'node:stream'
import { multiplexedType, rawType } from '../../docker/protocol/frames.ts'
import { ComposeError, isErrno } from '../../shared/errors.ts'
import { containerEvent } from '../containers/events.ts'
import type { Lifecycle } from '../containers/life/lifecycle.ts'
import type { Lives } from '../containers/life/lives.ts'
import { type Input, logEnd, logPathOf, openInput } from '../containers/logs/attachments.ts'
import { readLog } from '../containers/logs/log-file.ts'
import { type ContainerRecord, isRunning } from '../containers/record.ts'
import type { Registry } from '../containers/registry.ts'
import type { EventBus } from '../events/bus.ts'
import { encode, type Shown } from './output.ts'
import type { Reply, Request, Routes } from './router.ts'

type Attach = Request<'POST /containers/{id}/attach'>

export interface AttachRoutesOptions {
  registry: Registry
  lifecycle: Lifecycle
  lives: Lives
  events: EventBus
}

export function attachRoutes({ registry, lifecycle, events, lives: { started, endOf } }: AttachRoutesOptions): Routes {
  return {
    'POST /containers/{id}/attach': request => attach(request),
  }

  function attach(request: Attach): Reply {
    const record = registry.get(request.parameters.id ?? '')
    const { query } = request
    const { stdout, stderr } = query
    if (record.state.status === 'paused')
      throw new ComposeError('conflict', `Container ${record.name} is paused. Unpause the container before attach`)
    const folder = lifecycle.folderOf(record)
    const path = logPathOf(folder)
    const offset = query.logs ? (record.logStart ?? 0) : logEnd(folder)
    const connection = request.hijack(record.config.tty ? rawType : multiplexedType)
    containerEvent(events, record, 'attach')
    const gone = new AbortController()
    connection.once('close', () => gone.abort())
    const fail = () => connection.destroy()
    if (query.stdin && record.config.openStdin) takeInput(record, connection, gone.signal).catch(fail)
    else connection.resume()
    if (query.stream) follow(record, path, offset, connection, { stdout, stderr }, gone.signal).catch(fail)
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
}

const drained = (connection: Duplex) =>
  new Promise<void>(resolve => {
    connection.once('drain', resolve)
    connection.once('close', resolve)
  })
