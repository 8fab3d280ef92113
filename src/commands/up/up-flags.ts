// What up and create have in common: their flags, the combinations that make no sense, and the options of the plan.
import * as Flags from '@oclif/core/flags'
import { isTrue } from '../../cli/command.ts'
import { list } from '../../cli/flags.ts'
import type { Project } from '../../model/project/project.ts'
import type { UpOptions } from '../../scheduler/plan/plan-up.ts'
import { ComposeError } from '../../shared/errors.ts'

export const createFlags = {
  build: Flags.boolean({ helpGroup: 'Images', description: 'Build images before starting containers' }),
  'force-recreate': Flags.boolean({
    helpGroup: 'Containers',
    description: "Recreate containers even if their configuration and image haven't changed",
  }),
  'no-build': Flags.boolean({ helpGroup: 'Images', description: "Don't build an image, even if it's policy" }),
  'no-recreate': Flags.boolean({
    helpGroup: 'Containers',
    description: "If containers already exist, don't recreate them",
  }),
  pull: Flags.string({
    helpGroup: 'Images',
    default: 'policy',
    description: 'Pull image before running ("always"|"missing"|"never")',
  }),
  'quiet-build': Flags.boolean({ helpGroup: 'Output', description: 'Suppress the build output' }),
  'quiet-pull': Flags.boolean({ helpGroup: 'Output', description: 'Pull without printing progress information' }),
  'remove-orphans': Flags.boolean({
    helpGroup: 'Containers',
    description: 'Remove containers for services not defined in the Compose file',
  }),
  scale: list({ helpGroup: 'Containers', description: 'Scale SERVICE to NUM instances' }),
  yes: Flags.boolean({ char: 'y', description: 'Assume "yes" as answer to all prompts and run non-interactively' }),
}

export interface CreateFlags {
  build: boolean
  'force-recreate': boolean
  'no-build': boolean
  'no-recreate': boolean
  pull: string
  'remove-orphans': boolean
  'quiet-pull': boolean
  scale: string[]
}

/** What contradicts itself is refused before anything is asked of the engine. */
export function checkCreateFlags(flags: CreateFlags): void {
  const refuse = (text: string) => {
    throw new ComposeError('invalid_argument', text)
  }
  if (flags.build && flags['no-build']) refuse('--build and --no-build are incompatible')
  if (flags['force-recreate'] && flags['no-recreate']) refuse('--force-recreate and --no-recreate are incompatible')
  if (!['always', 'missing', 'never', 'policy'].includes(flags.pull)) refuse(`invalid --pull option "${flags.pull}"`)
}

export function createOptions(flags: CreateFlags, project: Project, requested: readonly string[]): UpOptions {
  const removeOrphans = flags['remove-orphans'] || isTrue(process.env.COMPOSE_REMOVE_ORPHANS)
  const ignoreOrphans = isTrue(process.env.COMPOSE_IGNORE_ORPHANS)
  if (removeOrphans && ignoreOrphans)
    throw new ComposeError('invalid_argument', 'cannot combine COMPOSE_IGNORE_ORPHANS and --remove-orphans')
  const recreate = flags['force-recreate'] ? 'force' : flags['no-recreate'] ? 'never' : 'diverged'
  return {
    ...plainOptions(requested),
    recreate,
    recreateDependencies: flags['no-recreate'] ? 'never' : 'diverged',
    scale: parseScale(flags.scale, project),
    removeOrphans,
    ignoreOrphans,
    // Checked by checkCreateFlags.
    pull: flags.pull as UpOptions['pull'],
    quietPull: flags['quiet-pull'],
    build: flags.build ? 'always' : flags['no-build'] ? 'never' : 'missing',
  }
}

/** What holds where no flag says otherwise: what diverged is made anew, nothing is started. */
export const plainOptions = (requested: readonly string[]): UpOptions => ({
  requested,
  recreate: 'diverged',
  recreateDependencies: 'diverged',
  scale: {},
  start: false,
  wait: false,
  removeOrphans: false,
  ignoreOrphans: isTrue(process.env.COMPOSE_IGNORE_ORPHANS),
  renewVolumes: false,
  timeout: undefined,
  pull: 'policy',
  build: 'missing',
  quietPull: false,
  consented: new Set(),
})

function parseScale(entries: readonly string[], project: Project): Record<string, number> {
  return Object.fromEntries(
    entries.map(entry => {
      const [, service = '', number = ''] = /^([^=]+)=(.*)$/.exec(entry) ?? []
      if (service === '')
        throw new ComposeError('invalid_argument', `invalid --scale option "${entry}". Should be SERVICE=NUM`)
      if (!/^[+-]?\d+$/.test(number))
        throw new ComposeError('invalid_argument', `strconv.Atoi: parsing "${number}": invalid syntax`)
      if (!(service in project.services)) throw new ComposeError('not_found', `no such service: ${service}: not found`)
      return [service, Math.max(0, Number(number))]
    }),
  )
}
