// The log of builds as plain lines on standard output: `#3 [web 2/4] RUN npm ci`, what it writes, how it ended. Numbers are
// those of one command, however many images it builds at once.
import type { Writable } from 'node:stream'
import type { BuildEvent } from '../docker/protocol/build-events.ts'

export type OnBuild = (service: string, event: BuildEvent) => void

interface Step {
  number: number
  name: string
  begun: number
  /** The unfinished line. */
  rest: string
}

/** `named`: steps say whose they are, since several images are built. */
export function buildLog(out: Writable, named: boolean): OnBuild {
  const steps = new Map<string, Step>()
  let last: number | undefined
  const say = (step: Step, line: string) => {
    if (last !== undefined && last !== step.number) out.write('\n')
    if (last !== step.number && line !== step.name) out.write(`#${step.number} ${step.name}\n`)
    last = step.number
    out.write(`#${step.number} ${line}\n`)
  }
  return (service, event) => {
    if (event.type === 'foreign') return void out.write(event.text)
    if (!('step' in event)) return
    const key = `${service} ${event.step}`
    if (event.type === 'begin') {
      const name = named ? event.name.replace(/^\[/, `[${service} `) : event.name
      const step = { number: steps.size + 1, name, begun: performance.now(), rest: '' }
      steps.set(key, step)
      return say(step, name)
    }
    const step = steps.get(key)
    if (!step) return
    if (event.type === 'output') {
      const lines = `${step.rest}${event.text}`.split('\n')
      step.rest = lines.pop() ?? ''
      for (const line of lines) say(step, `${seconds(step)} ${line.replace(/\r$/, '')}`)
      return
    }
    if (step.rest !== '') say(step, `${seconds(step)} ${step.rest}`)
    step.rest = ''
    say(step, event.error === undefined ? ends[event.outcome](event.seconds) : `ERROR: ${event.error}`)
  }
}

const seconds = ({ begun }: Step): string => ((performance.now() - begun) / 1000).toFixed(3)

const ends = {
  done: (time: number) => `DONE ${time.toFixed(1)}s`,
  cached: () => 'CACHED',
  canceled: () => 'CANCELED',
  failed: () => 'ERROR',
}
