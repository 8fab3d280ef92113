// `version`: ours, as docker's tools print theirs. It needs neither project nor engine.
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner } from '../cli/command.ts'
import { ComposeError } from '../shared/errors.ts'
import { packageVersion } from '../shared/version.ts'

class Version extends ComposeCommand {
  static override id = 'version'
  static override group = 'Projects'
  static override description = 'Show the version information'
  static override examples = [
    { command: 'version --short', description: 'The number alone' },
    { command: 'version -f json', description: 'For a program' },
  ]
  static override usage = '[OPTIONS]'
  static override flags = {
    format: Flags.string({ char: 'f', description: 'Format the output: pretty or json' }),
    short: Flags.boolean({ description: "Show only tsc-compose's version number" }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Version)
    if (this.words.length > 0)
      throw new ComposeError('invalid_argument', `unknown command "${this.words[0]}" for "tsc-compose version"`)
    const version = packageVersion()
    const text = flags.short
      ? version
      : flags.format === 'json'
        ? JSON.stringify({ version })
        : `tsc-compose version ${version}`
    process.stdout.write(`${text}\n`)
    return 0
  }
}

export const run = runner(Version)
