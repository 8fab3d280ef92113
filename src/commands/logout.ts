// `logout`: what `login` has kept for a registry goes.
import { ComposeCommand, runner } from '../cli/command.ts'
import { ComposeError } from '../shared/errors.ts'

class Logout extends ComposeCommand {
  static override id = 'logout'
  static override group = 'Images'
  static override description = 'Log out from a registry'
  static override examples = [
    { command: 'logout ghcr.io', description: 'Forget the password' },
    { command: 'logout', description: 'That of Docker Hub' },
  ]
  static override usage = '[SERVER]'

  async run(): Promise<number> {
    await this.parse(Logout)
    const [server = '', ...more] = this.words
    if (more.length > 0) throw new ComposeError('invalid_argument', 'logout takes one server')
    if (this.rehearsed(`log out from ${server || 'docker.io'}`)) return 0
    const { logOut } = await import('../cli/login.ts')
    const address = await logOut(server)
    process.stdout.write(
      address === undefined
        ? `Not logged in to ${server || 'docker.io'}\n`
        : `Removing login credentials for ${address}\n`,
    )
    return 0
  }
}

export const run = runner(Logout)
