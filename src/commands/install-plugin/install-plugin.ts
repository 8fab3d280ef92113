// `install-plugin`: this program as `docker compose`, by a link in one of the docker CLI's folders.
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner } from '../../cli/command.ts'
import { everybodysPlugins, findPlugin, usersPlugins } from '../../cli/plugins.ts'
import { warn } from '../../cli/warn.ts'
import { ComposeError } from '../../shared/errors.ts'
import { linkPlugin, unlinkPlugin } from './plugin-link.ts'

/** Beside dist/, where this bundle is. */
const entry = fileURLToPath(new URL('../bin/run.js', import.meta.url))

class InstallPlugin extends ComposeCommand {
  static override id = 'install-plugin'
  static override group = 'Engine'
  static override description =
    "Have the docker CLI run this program as docker compose\n\nA link is put into ~/.docker/cli-plugins. `docker compose` then runs on the same engine as tsc-compose: on the embedded one unless -H, --context, DOCKER_HOST or DOCKER_CONTEXT names another. docker's current context is not looked at."
  static override examples = [
    { command: 'install-plugin', description: 'docker compose up is tsc-compose up from now on' },
    { command: 'install-plugin --uninstall', description: 'And no more; what was there before is put back' },
  ]
  static override usage = '[OPTIONS]'
  static override flags = {
    force: Flags.boolean({ description: "Replace another's plugin; --uninstall puts it back" }),
    system: Flags.boolean({ description: `For all users, in ${everybodysPlugins}` }),
    uninstall: Flags.boolean({ description: 'Take the link away' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(InstallPlugin)
    if (this.words.length > 0)
      throw new ComposeError('invalid_argument', `install-plugin takes no arguments: ${this.words.join(' ')}`)
    const folder = flags.system ? everybodysPlugins : usersPlugins(process.env)
    const dryRun = this.globals.dryRun ?? false
    if (flags.uninstall) {
      process.stdout.write(unlinkPlugin({ folder, dryRun }))
      return 0
    }
    process.stdout.write(linkPlugin({ folder, entry: realpathSync(entry), force: flags.force, dryRun }))
    const first = dryRun ? undefined : findPlugin('compose', process.env)
    if (first !== undefined && !first.startsWith(`${folder}/`))
      warn(`docker goes on running ${first}, which it finds first`)
    return 0
  }
}

export const run = runner(InstallPlugin)
