// `login`: a user's password for a registry, checked and kept where docker keeps it, for machines without a docker CLI.
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner } from '../cli/command.ts'
import { interruptible } from '../cli/perform.ts'
import { warn } from '../cli/warn.ts'
import { ComposeError } from '../shared/errors.ts'

class Login extends ComposeCommand {
  static override id = 'login'
  static override group = 'Images'
  static override description = 'Log in to a registry'
  static override examples = [
    { command: 'login -u me ghcr.io', description: 'Asks for the password' },
    { command: 'login -u ci --password-stdin registry.example.com < token', description: 'In a script' },
  ]
  static override usage = '[OPTIONS] [SERVER]'
  static override flags = {
    username: Flags.string({ char: 'u', description: 'Username' }),
    password: Flags.string({ char: 'p', description: 'Password or Personal Access Token (PAT)' }),
    'password-stdin': Flags.boolean({ description: 'Take the Password or Personal Access Token (PAT) from stdin' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Login)
    const [server = '', ...more] = this.words
    if (more.length > 0) throw new ComposeError('invalid_argument', 'login takes one server')
    if (flags.password !== undefined && flags['password-stdin'])
      throw new ComposeError('invalid_argument', '--password and --password-stdin are mutually exclusive')
    if (flags['password-stdin'] && !flags.username)
      throw new ComposeError('invalid_argument', 'the --password-stdin option requires --username to be set')
    if (this.rehearsed(`log in to ${server || 'docker.io'}`)) return 0
    if (flags.password !== undefined) warn('Using --password via the CLI is insecure. Use --password-stdin.')
    const { askFor, logIn, passwordFromInput } = await import('../cli/login.ts')
    const { signal, dispose } = interruptible()
    try {
      const username = flags.username || (await askFor('username', { hidden: false, signal }))
      const password =
        flags.password ??
        (flags['password-stdin'] ? await passwordFromInput() : await askFor('password', { hidden: true, signal }))
      if (password === '') throw new ComposeError('invalid_argument', 'password is empty')
      const { place, plain } = await logIn(server, { username, password }, signal)
      if (plain)
        warn(`the password is kept unencrypted in ${place}: credsStore there names a program that keeps it safe`)
      process.stdout.write('Login Succeeded\n')
      return 0
    } finally {
      dispose()
    }
  }
}

export const run = runner(Login)
