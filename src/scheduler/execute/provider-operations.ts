// Runs of a provider's program: what it writes is JSON, a message a line (docker/compose, docs/extension.md).
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { describeEndpoint } from '../../docker/client/endpoint.ts'
import { serviceJson } from '../../model/config/project.ts'
import { ComposeError, messageOf } from '../../shared/errors.ts'
import type { GivenVariables } from '../border/given-variables.ts'
import type { ProviderAction } from '../plan/plan.ts'
import type { Handlers, OperationContext } from './handlers.ts'

const verbs = {
  up: { before: 'Creating', after: 'Created', verb: 'create' },
  down: { before: 'Removing', after: 'Removed', verb: 'remove' },
  stop: { before: 'Stopping', after: 'Stopped', verb: 'stop' },
} as const satisfies Record<ProviderAction, object>

/** Milliseconds that a program which is told to end has for that. */
const grace = 5000
const shownLines = 20

export const providerHandlers = {
  async runProvider({ service, action, call }, context, signal) {
    const id = service.name
    const { before, after, verb } = verbs[action]
    if ('problem' in call)
      throw new ComposeError('failed_precondition', call.problem, { path: `services.${id}.provider` })
    context.onProgress({ id, status: 'Working', text: before })
    const child = spawn(call.program, call.args, { env: environmentOf(call.env, context), stdio: 'pipe' })
    const ending = endOf(child, signal)
    const given: GivenVariables = { prefixed: {}, raw: {} }
    const errors = lastLines(child)
    try {
      for await (const line of createInterface({ input: child.stdout })) {
        if (line.trim() === '') continue
        const { type, message } = parseMessage(id, line)
        if (type === 'info') context.onProgress({ id, status: 'Working', text: firstLine(message) })
        else if (type === 'error') throw new ComposeError('unknown', message)
        else if (type === 'setenv') Object.assign(given.prefixed, variable(id, message))
        else if (type === 'rawsetenv') Object.assign(given.raw, variable(id, message))
        else if (type === 'get-service-config') child.stdin.write(`${serviceJson(service)}\n`)
        else if (type !== 'debug')
          throw new ComposeError('unknown', `invalid response from plugin: ${type}`, {
            path: `services.${id}.provider`,
          })
      }
      child.stdin.end()
      const end = await ending.promise
      signal.throwIfAborted()
      if (end !== undefined)
        throw new ComposeError('unknown', `failed to ${verb} service provider: ${end}`, {
          hint: errors().join('\n') || undefined,
        })
    } catch (error) {
      ending.hurry()
      await ending.promise
      if (signal.aborted) throw new ComposeError('canceled', 'canceled', { cause: error })
      context.onProgress({ id, status: 'Error', text: firstLine(messageOf(error)) })
      throw error
    }
    if (action === 'up') context.given[id] = given
    context.onProgress({ id, status: 'Done', text: after })
  },
} satisfies Partial<Handlers>

/** One that asks an engine asks the one that this command drives. */
function environmentOf(env: Record<string, string>, { docker }: OperationContext): Record<string, string> {
  if (env.DOCKER_HOST || env.DOCKER_CONTEXT) return env
  return { ...env, DOCKER_HOST: describeEndpoint(docker.endpoint) }
}

/** How it ended, undefined: well. Never rejects. `hurry` and an aborted signal have it end. */
function endOf(
  child: ChildProcessWithoutNullStreams,
  signal: AbortSignal,
): { promise: Promise<string | undefined>; hurry(): void } {
  let timer: NodeJS.Timeout | undefined
  const hurry = () => {
    if (timer || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    timer = setTimeout(() => child.kill('SIGKILL'), grace)
  }
  signal.addEventListener('abort', hurry, { once: true })
  if (signal.aborted) hurry()
  child.stdin.on('error', () => {})
  const promise = new Promise<string | undefined>(resolve => {
    child.once('error', error => resolve(error.message))
    child.once('exit', (code, name) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', hurry)
      // Somebody whom it left behind may hold its output: nothing of that is waited for once it was told to end.
      if (timer) for (const stream of [child.stdout, child.stderr]) stream.destroy()
      resolve(code === 0 ? undefined : name ? `signal: ${name}` : `exit status ${code}`)
    })
  })
  return { promise, hurry }
}

/** What it wrote on standard error, for who has to know why it failed. */
function lastLines(child: ChildProcessWithoutNullStreams): () => string[] {
  let text = ''
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    text = (text + piece).slice(-8192)
  })
  return () => text.trimEnd().split('\n').slice(-shownLines)
}

function parseMessage(service: string, line: string): { type: string; message: string } {
  try {
    const { type, message } = JSON.parse(line) as { type?: unknown; message?: unknown } // both are looked at
    if (typeof type === 'string') return { type, message: typeof message === 'string' ? message : '' }
  } catch {
    // Told below.
  }
  throw new ComposeError('unknown', `the provider of ${service} wrote what is no message: ${line.slice(0, 200)}`, {
    path: `services.${service}.provider`,
    hint: 'each line of its standard output is to be a JSON object with a type',
  })
}

function variable(service: string, message: string): Record<string, string> {
  const equals = message.indexOf('=')
  if (equals > 0) return { [message.slice(0, equals)]: message.slice(equals + 1) }
  throw new ComposeError('unknown', `invalid response from plugin: ${message}`, {
    path: `services.${service}.provider`,
  })
}

const firstLine = (text: string): string => text.split('\n')[0] ?? ''
