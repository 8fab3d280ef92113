// A container's main process at the caller's terminal or pipes: what is typed reaches it, what it writes is shown,
// signals are passed on, its exit code is the result. When the embedded engine ends meanwhile it is started again,
// and what was written since is shown: the engine has all of it in the container's log.
import type { Docker } from '../../docker/client/docker.ts'
import { type Hijacked, isConnectionLost } from '../../docker/client/http.ts'
import { frames } from '../../docker/protocol/frames.ts'
import { ComposeError } from '../../shared/errors.ts'
import { detachFilter, parseDetachKeys } from './detach-keys.ts'
import { rawTerminal } from './raw-terminal.ts'

export interface AttachedOptions {
  /** Its process has a terminal. */
  tty: boolean
  interactive: boolean
  detachKeys: string
  /** Signals that reach us are the container's. */
  proxySignals: boolean
  /** Starts it, once all that it will write is heard. Undefined: it runs. */
  start?: (() => Promise<void>) | undefined
  /** It is gone once it has ended. */
  autoRemove: boolean
  revive?: (() => Promise<void>) | undefined
}

/** The exit code, or `detached`. */
export async function attachedContainer(
  docker: Docker,
  id: string,
  options: AttachedOptions,
): Promise<number | 'detached'> {
  const container = docker.getContainer(id)
  const { promise: detached, resolve } = Promise.withResolvers<'detached'>()
  const detach = () => resolve('detached')
  const ending = new AbortController()
  const output = outputCopy(options.tty)
  const input = options.interactive ? callersInput(options, detach) : undefined
  const signals = options.proxySignals ? passOnSignals(signal => container.kill({ signal }), detach) : undefined
  const attach = (logs: boolean) =>
    container.attach({
      stream: true,
      stdin: options.interactive,
      stdout: true,
      stderr: true,
      logs,
      // A Docker Engine would listen for its own default.
      detachKeys: docker.hasExtension('status') ? undefined : options.detachKeys,
      abortSignal: ending.signal,
    })
  /** Again after each loss of the engine. */
  const surviving = async <T>(act: () => Promise<T>, again = act): Promise<T> => {
    for (let next = act; ; next = again) {
      try {
        return await next()
      } catch (error) {
        if (!options.revive || !isConnectionLost(error)) throw error
        await options.revive()
      }
    }
  }
  const show = async (stream: Hijacked) => {
    input?.reach(stream)
    await output.show(stream)
  }
  const wait = (condition: 'not-running' | 'next-exit' | 'removed', registered?: () => void) =>
    container.wait({ condition, abortSignal: ending.signal, ...(registered ? { registered } : {}) })

  let terminal: ReturnType<typeof rawTerminal> | undefined
  try {
    const first = await attach(false)
    const shown = surviving(
      () => show(first),
      async () => show(await attach(true)),
    )
    const { promise: registered, resolve: onRegistered } = Promise.withResolvers<void>()
    const condition = options.autoRemove ? 'removed' : options.start ? 'next-exit' : 'not-running'
    const ended = surviving(
      () => wait(condition, onRegistered),
      () => wait('not-running'),
    )
    // Whoever waits for the end is told of it there.
    shown.catch(() => {})
    ended.catch(() => {})
    await Promise.race([registered, ended])
    // Before it starts: what is typed ahead is not to be echoed here.
    if (options.tty && process.stdin.isTTY)
      terminal = rawTerminal(({ rows, columns }) => void container.resize({ h: rows, w: columns }).catch(() => {}))
    await options.start?.()
    terminal?.tell()
    const end = ended.then(async ({ StatusCode }) => {
      await shown
      return StatusCode
    })
    return await Promise.race([end, detached])
  } finally {
    terminal?.dispose()
    signals?.dispose()
    input?.dispose()
    ending.abort()
  }
}

/** Shows what connections bring; one that tells all from the beginning again is skipped as far as it was shown. */
function outputCopy(tty: boolean) {
  const shown = { stdout: 0, stderr: 0 }
  return {
    async show(stream: Hijacked): Promise<void> {
      const skip = { ...shown }
      const write = async (name: 'stdout' | 'stderr', data: Buffer) => {
        const known = Math.min(data.length, skip[name])
        skip[name] -= known
        const rest = data.subarray(known)
        shown[name] += rest.length
        const target = process[name]
        if (rest.length > 0 && !target.write(rest)) await new Promise(resolve => target.once('drain', resolve))
      }
      if (tty) for await (const chunk of stream) await write('stdout', chunk)
      else
        for await (const { stream: name, data } of frames(stream))
          await write(name === 'stderr' ? name : 'stdout', data)
    },
  }
}

/** What is typed or piped goes to the connection of the moment; its end ends the container's input. */
function callersInput(options: AttachedOptions, onDetach: () => void) {
  const { stdin } = process
  const keys = options.tty ? parseDetachKeys(options.detachKeys) : undefined
  const source = keys && stdin.isTTY ? stdin.pipe(detachFilter(keys, onDetach)) : stdin
  let reached: Hijacked | undefined
  return {
    reach(stream: Hijacked) {
      if (reached) source.unpipe(reached)
      reached = stream
      // The process may end before it has read everything.
      stream.on('error', () => {})
      source.pipe(stream)
    },
    dispose() {
      if (reached) source.unpipe(reached)
      stdin.unpipe().pause()
    },
  }
}

const passed = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const
/** Ctrl-C so often leaves a process that does not care for it, as docker does. */
const patience = 3

function passOnSignals(send: (signal: string) => Promise<void>, giveUp: () => void) {
  let interrupts = 0
  const onSignal = (signal: NodeJS.Signals) => {
    // Not started yet, or ended by now: there is nobody to get it.
    void send(signal).catch(() => {})
    if (signal !== 'SIGINT' && signal !== 'SIGTERM') return
    interrupts++
    if (interrupts >= patience) giveUp()
  }
  for (const signal of passed) process.on(signal, onSignal)
  return {
    dispose() {
      for (const signal of passed) process.off(signal, onSignal)
    },
  }
}

/** Who leaves by the keys has no code to give: an error, as with docker. */
export function codeOf(result: number | 'detached'): number {
  if (result === 'detached') throw new ComposeError('failed_precondition', 'read escape sequence')
  return result
}
