// `events`: what happens to a project's containers, as it happens or in a window of time.
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, checkServices, runner } from '../cli/command.ts'
import { interruptible } from '../cli/perform.ts'
import { jsonLines } from '../docker/protocol/json-lines.ts'
import type { EventMessage } from '../docker/protocol/types.ts'
import { labels, ofProject } from '../scheduler/observe/labels.ts'
import { epochText, moment } from '../shared/moment.ts'

class Events extends ComposeCommand {
  static override id = 'events'
  static override group = 'Containers'
  static override description = 'Receive real time events from containers'
  static override examples = [
    { command: 'events --json', description: 'An object for each event, until Ctrl-C' },
    { command: 'events --since 1h --until 0s web', description: 'What happened to web in the last hour' },
  ]
  static override usage = '[OPTIONS] [SERVICE...]'
  static override flags = {
    json: Flags.boolean({ description: 'Output events as a stream of json objects' }),
    since: Flags.string({ description: 'Show all events created since timestamp' }),
    until: Flags.string({ description: 'Stream events until this timestamp' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Events)
    const { name, project } = await this.loadProjectOrName(this.words)
    if (project) checkServices(project, this.words)
    const since = flags.since === undefined ? {} : { since: epochText(moment(flags.since)) }
    const until = flags.until === undefined ? {} : { until: epochText(moment(flags.until)) }
    const { signal, dispose } = interruptible()
    try {
      const docker = await this.engine(signal)
      const filters = { type: ['container'], label: [ofProject(name)] }
      const stream = await docker.getEvents({ filters, ...since, ...until, abortSignal: signal })
      // The document's shape of these lines.
      for await (const line of jsonLines(stream)) {
        const event = composeEvent(line as EventMessage)
        if (event === undefined || (this.words.length > 0 && !this.words.includes(event.service))) continue
        process.stdout.write(flags.json ? `${JSON.stringify(event)}\n` : `${eventText(event)}\n`)
      }
      return 0
    } finally {
      dispose()
    }
  }
}

interface ComposeEvent {
  action: string
  attributes: Record<string, string>
  id: string
  service: string
  time: string
  type: 'container'
}

/** Undefined for the containers of `run`, which Docker Compose leaves out too. */
function composeEvent({ Action = '', Actor, timeNano = 0 }: EventMessage): ComposeEvent | undefined {
  const all = Actor?.Attributes ?? {}
  if (all[labels.oneOff] === 'True') return undefined
  const attributes = Object.fromEntries(
    Object.entries(all)
      .filter(([key]) => !key.startsWith('com.docker.compose.'))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
  const time = localTime(timeNano)
  return {
    action: Action,
    attributes,
    id: Actor?.ID ?? '',
    service: all[labels.service] ?? '',
    time,
    type: 'container',
  }
}

/** RFC 3339 with microseconds, in the caller's zone. */
function localTime(nanoseconds: number): string {
  const date = new Date(nanoseconds / 1e6)
  const offset = -date.getTimezoneOffset()
  const two = (value: number) => String(Math.trunc(value)).padStart(2, '0')
  const zone =
    offset === 0 ? 'Z' : `${offset < 0 ? '-' : '+'}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`
  const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, 19)
  return `${local}.${String(Math.trunc((nanoseconds % 1e9) / 1e3)).padStart(6, '0')}${zone}`
}

/** In Docker Compose's layout, an empty line after each. */
function eventText({ time, type, action, id, attributes }: ComposeEvent): string {
  const shown = Object.entries(attributes).map(([key, value]) => `${key}=${value}`)
  return `${time.slice(0, 26).replace('T', ' ')} ${type} ${action} ${id} (${shown.join(', ')})\n`
}

export const run = runner(Events)
