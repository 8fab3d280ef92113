// `config`: the model of the Compose files, checked and printed. It needs no engine.
import { ComposeError } from '../shared/errors.ts'
import { ComposeCommand, runner } from './command.ts'

class ConfigCommand extends ComposeCommand {
  static override id = 'config'
  static override description = 'Parse, resolve and render compose file in canonical format'
  static override usage = '[OPTIONS] [SERVICE...]'

  async run(): Promise<number> {
    await this.parse(ConfigCommand)
    throw new ComposeError('not_implemented', 'config is not supported yet')
  }
}

export const run = runner(ConfigCommand)
