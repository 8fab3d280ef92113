// `scale`: how many containers services have, from now on until the next `up`.
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner } from '../cli/command.ts'
import { interruptible } from '../cli/perform.ts'
import { requireWords } from '../cli/service-container.ts'
import { ComposeError } from '../shared/errors.ts'
import { convergeNow, loadSelected } from './up/converge.ts'
import { plainOptions } from './up/up-flags.ts'

class Scale extends ComposeCommand {
  static override id = 'scale'
  static override group = 'Stacks'
  static override description = 'Scale services'
  static override examples = [
    { command: 'scale worker=5', description: 'Five containers of worker' },
    { command: 'scale --no-deps web=2 worker=0', description: 'Leave what they depend on alone' },
  ]
  static override usage = '[SERVICE=REPLICAS...]'
  static override flags = {
    'no-deps': Flags.boolean({ description: "Don't start linked services" }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Scale)
    requireWords(this.words, 1)
    const scale = Object.fromEntries(this.words.map(parseReplicas))
    const services = Object.keys(scale)
    const project = await loadSelected(this, services, flags['no-deps'])
    const { signal, dispose } = interruptible()
    try {
      await this.inTurn(project.name, signal, own =>
        this.withEngine(own, docker => {
          const options = { ...plainOptions(services), scale, start: true }
          return convergeNow({ command: this, docker, project, options, assumeYes: false, signal: own })
        }),
      )
      return 0
    } finally {
      dispose()
    }
  }
}

function parseReplicas(word: string): [service: string, replicas: number] {
  const [, service = '', number] = /^([^=]+)=(.*)$/s.exec(word) ?? []
  if (number === undefined) throw new ComposeError('invalid_argument', `invalid scale specifier: ${word}`)
  if (!/^[+-]?\d+$/.test(number))
    throw new ComposeError('invalid_argument', `invalid scale specifier: can't parse replica value as int: ${word}`)
  return [service, Number(number)]
}

export const run = runner(Scale)
