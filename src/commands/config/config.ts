// `config`: what the Compose files mean, as the model prints it. Only image digests need an engine.
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner } from '../../cli/command.ts'
import { credentialsOf } from '../../cli/credentials-of.ts'
import { ComposeError } from '../../shared/errors.ts'
import { configAnswer } from './answer.ts'
import { listings } from './options.ts'

class ConfigCommand extends ComposeCommand {
  static override id = 'config'
  static override group = 'Projects'
  static override description = 'Parse, resolve and render compose file in canonical format'
  static override examples = [
    { command: 'config -q', description: 'Check the files, print nothing' },
    { command: 'config --services', description: 'The names of the services' },
  ]
  static override usage = '[OPTIONS] [SERVICE...]'
  static override flags = {
    environment: Flags.boolean({ description: 'Print environment used for interpolation' }),
    format: Flags.string({ description: 'Format the output: yaml or json' }),
    hash: Flags.string({ description: 'Print the service config hash, one per line' }),
    images: Flags.boolean({ description: 'Print the image names, one per line' }),
    'lock-image-digests': Flags.boolean({ description: 'Produces an override file with image digests' }),
    models: Flags.boolean({ description: 'Print the model names, one per line' }),
    networks: Flags.boolean({ description: 'Print the network names, one per line' }),
    'no-consistency': Flags.boolean({ description: "Don't check model consistency" }),
    'no-env-resolution': Flags.boolean({ description: "Don't resolve service env files" }),
    'no-interpolate': Flags.boolean({ description: "Don't interpolate environment variables" }),
    'no-normalize': Flags.boolean({ description: "Don't normalize compose model" }),
    'no-path-resolution': Flags.boolean({ description: "Don't resolve file paths" }),
    output: Flags.string({ char: 'o', description: 'Save to file (default to stdout)' }),
    profiles: Flags.boolean({ description: 'Print the profile names, one per line' }),
    quiet: Flags.boolean({ char: 'q', description: "Only validate the configuration, don't print anything" }),
    'resolve-image-digests': Flags.boolean({ description: 'Pin image tags to digests' }),
    services: Flags.boolean({ description: 'Print the service names, one per line' }),
    variables: Flags.boolean({ description: 'Print model variables and default values' }),
    volumes: Flags.boolean({ description: 'Print the volume names, one per line' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(ConfigCommand)
    const { stdout, stderr, exit } = await configAnswer({
      ...this.loadOptions(this.words),
      format: flags.format,
      output: flags.output,
      write: this.globals.dryRun ? path => void this.rehearsed(`write ${path}`) : undefined,
      quiet: flags.quiet,
      compatibility: this.globals.compatibility,
      noInterpolate: flags['no-interpolate'],
      noNormalize: flags['no-normalize'],
      noConsistency: flags['no-consistency'],
      noPathResolution: flags['no-path-resolution'],
      noEnvResolution: flags['no-env-resolution'],
      resolveImageDigests: flags['resolve-image-digests'],
      lockImageDigests: flags['lock-image-digests'],
      list: listings.find(name => flags[name]),
      hash: flags.hash,
      digestOf: image => this.digestOf(image),
    })
    process.stderr.write(stderr)
    process.stdout.write(stdout)
    return exit
  }

  async digestOf(image: string): Promise<string> {
    const docker = await this.engine()
    const { Descriptor } = await docker
      .getImage(image)
      .distribution({ authconfig: await credentialsOf(image, process.env) })
    if (Descriptor.digest) return Descriptor.digest
    throw new ComposeError('not_found', `the registry gives no digest for ${image}`)
  }
}

export const run = runner(ConfigCommand)
