// Commands that change a project queue behind each other. Who has the project's turn listens on a socket in Linux's
// abstract namespace (unix(7)): a name that two can't have, gone with its process however that ends. Who waits is
// connected to it, and wakes when it is let go. `down` asks an `up` that it meets there to end.
import { createHash } from 'node:crypto'
import { connect, createServer, type Socket } from 'node:net'
import { createInterface, type Interface } from 'node:readline'
import { ComposeError, isErrno } from '../shared/errors.ts'

export interface ProjectTurn {
  /** Aborted when another command wants the project away. */
  signal: AbortSignal
  /** For who was ended so: the error that says why. */
  ended(): ComposeError | undefined
  release(): void
}

export interface TurnOptions {
  /** The engine: the same project on another one is another project. */
  engine: string
  project: string
  /** `up`. */
  command: string
  signal: AbortSignal
  /** Called once for each command that is waited for. */
  onWait(text: string): void
}

/** What is begun for nothing once the project is taken down. */
const givesWay: readonly string[] = ['up', 'create', 'start', 'restart', 'run', 'scale', 'watch']

export async function takeTurn(options: TurnOptions): Promise<ProjectTurn> {
  const { engine, project, command, signal, onWait } = options
  const key = createHash('sha256').update(`${process.getuid?.()} ${engine} ${project}`).digest('hex').slice(0, 32)
  const path = `\0tsc-compose/${key}`
  for (;;) {
    const turn = await listen(path, options)
    if (turn) return turn
    const holder = connect(path)
    const stop = () => holder.destroy()
    signal.addEventListener('abort', stop)
    try {
      await waitFor(holder, other => {
        const takesDown = command === 'down' && givesWay.includes(other.command)
        onWait(
          takesDown
            ? `${other.command} (process ${other.pid}) works on project "${project}": asking it to end`
            : `waiting for ${other.command} (process ${other.pid}), which works on project "${project}"`,
        )
        if (takesDown) holder.write(`${JSON.stringify({ command, pid: process.pid })}\n`)
      })
    } finally {
      signal.removeEventListener('abort', stop)
    }
    signal.throwIfAborted()
  }
}

interface Asker {
  command: string
  pid: number
}

/** Undefined: somebody else has it. */
function listen(path: string, { command, project }: TurnOptions): Promise<ProjectTurn | undefined> {
  const abort = new AbortController()
  const waiting = new Set<Socket>()
  let asker: Asker | undefined
  const server = createServer(socket => {
    waiting.add(socket)
    socket.on('close', () => waiting.delete(socket)).on('error', () => {})
    socket.write(`${JSON.stringify({ command, pid: process.pid } satisfies Asker)}\n`)
    linesOf(socket).on('line', line => {
      asker ??= JSON.parse(line) as Asker // another of us wrote it
      abort.abort()
    })
  })
  return new Promise((resolve, reject) => {
    server.once('error', error => (isErrno(error, 'EADDRINUSE') ? resolve(undefined) : reject(error)))
    server.listen(path, () => {
      // What is worked on keeps the process alive, not who may wait.
      server.unref()
      resolve({
        signal: abort.signal,
        ended: () =>
          asker &&
          new ComposeError(
            'failed_precondition',
            `${asker.command} (process ${asker.pid}) takes project "${project}" down: ${command} ends`,
          ),
        release() {
          server.close()
          for (const socket of waiting) socket.destroy()
        },
      })
    })
  })
}

/** Settles when the holder has let go. */
function waitFor(holder: Socket, onHolder: (other: Asker) => void): Promise<void> {
  return new Promise(resolve => {
    // Gone before we came: the next try has it.
    holder.on('error', () => {})
    holder.on('close', () => resolve())
    linesOf(holder).once('line', line => onHolder(JSON.parse(line) as Asker)) // another of us wrote it
  })
}

/** Who is killed resets the connection, which is an end like any other: an interface has errors of its own. */
function linesOf(socket: Socket): Interface {
  return createInterface({ input: socket }).on('error', () => {})
}
