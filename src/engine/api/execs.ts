// Programs in a running container.
import type { Duplex } from 'node:stream'
import { frame, multiplexedType, rawType } from '../../docker/protocol/frames.ts'
import { operations } from '../../docker/protocol/operations.ts'
import { toOwn } from '../../docker/protocol/own-names.ts'
import type { RunningExec } from '../containers/exec/exec-streams.ts'
import type { ExecRecord, Execs } from '../containers/exec/execs.ts'
import type { Registry } from '../containers/registry.ts'
import type { Reply, Routes } from './router.ts'
import { terminalSize } from './terminal-size.ts'

export interface ExecRoutesOptions {
  registry: Registry
  execs: Execs
}

export function execRoutes({ registry, execs }: ExecRoutesOptions): Routes {
  return {
    'POST /containers/{id}/exec': async request => {
      const record = registry.get(request.parameters.id ?? '')
      const program = toOwn(await request.json(), operations['POST /containers/{id}/exec'].body)
      return { json: { Id: execs.create(record, program, request.parameters.id).id }, status: 201 }
    },
    'GET /exec/{id}/json': request => ({ json: execView(execs.get(request.parameters.id ?? '')) }),
    'POST /exec/{id}/resize': request => {
      const { h, w } = request.query
      execs.resize(request.parameters.id ?? '', ...terminalSize({ h, w }))
      return { status: 204 }
    },
    'POST /exec/{id}/start': async request => {
      const id = request.parameters.id ?? ''
      const { Detach = false, Tty = false, ConsoleSize } = await request.json()
      const exec = execs.get(id)
      if (ConsoleSize) exec.program.consoleSize = ConsoleSize
      exec.program.tty ||= Tty
      const running = execs.start(id)
      if (Detach) {
        for (const { source } of running.outputs) source.resume()
        return { status: 204 } satisfies Reply
      }
      const tty = exec.program.tty ?? false
      connectExec(request.hijack(tty ? rawType : multiplexedType), running, tty)
      return { hijacked: true }
    },
  }
}

function execView({ id, containerId, program, running, exitCode, pid }: ExecRecord) {
  const [entrypoint, ...args] = program.cmd ?? []
  return {
    ID: id,
    Running: running,
    ExitCode: exitCode ?? null,
    ProcessConfig: {
      tty: program.tty ?? false,
      entrypoint,
      arguments: args,
      privileged: program.privileged ?? false,
      user: program.user ?? '',
    },
    OpenStdin: program.attachStdin ?? false,
    OpenStderr: program.attachStderr ?? false,
    OpenStdout: program.attachStdout ?? false,
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

const lastOutput = 200
const delay = (milliseconds: number) => new Promise<void>(resolve => setTimeout(resolve, milliseconds))
