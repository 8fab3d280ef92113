// `exec`: a command in a running container, with its streams, its terminal and its exit code handed through.
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner } from '../cli/command.ts'
import { integer, list } from '../cli/flags.ts'
import type { Docker } from '../docker/client/docker.ts'
import type { Exec as EngineExec } from '../docker/client/exec.ts'
import { demuxStream } from '../docker/protocol/frames.ts'
import { observe } from '../scheduler/observe/observe.ts'
import { ComposeError } from '../shared/errors.ts'

class Exec extends ComposeCommand {
  static override id = 'exec'
  static override group = 'Containers'
  static override description = 'Execute a command in a running container'
  static override examples = [
    { command: 'exec db psql -U postgres', description: 'A database prompt' },
    { command: 'exec -T web cat /etc/hosts > hosts', description: 'Without a terminal, for pipes' },
  ]
  static override usage = '[OPTIONS] SERVICE COMMAND [ARGS...]'
  static override stopAtArgument = true
  static override flags = {
    detach: Flags.boolean({ char: 'd', description: 'Detached mode: Run command in the background' }),
    env: list({ char: 'e', description: 'Set environment variables' }),
    index: integer('index', { description: 'Index of the container if service has multiple replicas' }),
    'no-tty': Flags.boolean({ char: 'T', aliases: ['no-TTY'], description: 'Disable pseudo-TTY allocation' }),
    privileged: Flags.boolean({ description: 'Give extended privileges to the process' }),
    user: Flags.string({ char: 'u', description: 'Run the command as this user' }),
    workdir: Flags.string({ char: 'w', description: 'Path to workdir directory for this command' }),
    interactive: Flags.boolean({ char: 'i', default: true, hidden: true }),
    tty: Flags.boolean({ char: 't', hidden: true }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Exec)
    const [service = '', ...command] = this.words
    if (command.length === 0)
      throw new ComposeError('invalid_argument', `requires at least 2 arg(s), only received ${this.words.length}`)
    if (this.globals.dryRun) throw new ComposeError('not_implemented', '--dry-run is not supported by exec')
    const { name } = await this.loadProjectOrName()
    const docker = await this.engine()
    const id = await runningContainer(docker, name, service, flags.index ?? 0)
    const tty = !flags['no-tty'] && !flags.detach && process.stdout.isTTY === true && process.stdin.isTTY === true
    const exec = await docker
      .getContainer(id)
      .exec({
        Cmd: command,
        Tty: tty,
        AttachStdin: flags.interactive && !flags.detach,
        AttachStdout: !flags.detach,
        AttachStderr: !flags.detach,
        Env: flags.env.map(withOwnValue),
        User: flags.user,
        WorkingDir: flags.workdir,
        Privileged: flags.privileged,
        ConsoleSize: tty ? [process.stdout.rows, process.stdout.columns] : undefined,
      })
      .catch(fromDaemon)
    if (flags.detach) {
      await exec.startDetached().catch(fromDaemon)
      return 0
    }
    await (tty ? throughTerminal(exec) : throughPipes(exec))
    return (await exec.inspect()).ExitCode ?? 0
  }
}

async function runningContainer(docker: Docker, projectName: string, service: string, index: number): Promise<string> {
  const { containers } = await observe(docker, { projectName })
  const running = containers.filter(one => one.service === service && one.state === 'running' && !one.oneOff)
  const chosen = index > 0 ? running.find(({ number }) => number === index) : running[0]
  if (chosen) return chosen.id
  throw new ComposeError(
    'not_found',
    index > 0 ? `service "${service}" is not running container #${index}` : `service "${service}" is not running`,
  )
}

/** `KEY` alone means the caller's value, as with docker. */
function withOwnValue(variable: string): string {
  return variable.includes('=') || process.env[variable] === undefined
    ? variable
    : `${variable}=${process.env[variable]}`
}

function fromDaemon(error: unknown): never {
  if (error instanceof ComposeError)
    throw new ComposeError(error.code, `Error response from daemon: ${error.message}`, { cause: error })
  throw error
}

async function throughPipes(exec: EngineExec): Promise<void> {
  const stream = await exec.start().catch(fromDaemon)
  process.stdin.pipe(stream)
  // The command may end before it has read everything.
  stream.on('error', () => {})
  await demuxStream(stream, process.stdout, process.stderr)
  process.stdin.unpipe(stream).pause()
}

async function throughTerminal(exec: EngineExec): Promise<void> {
  const { stdin, stdout } = process
  const stream = await exec.start({ Tty: true, ConsoleSize: [stdout.rows, stdout.columns] }).catch(fromDaemon)
  const resize = () => void exec.resize({ h: stdout.rows, w: stdout.columns }).catch(() => {})
  stdin.setRawMode(true)
  try {
    resize()
    stdout.on('resize', resize)
    stdin.pipe(stream)
    stream.on('error', () => {})
    for await (const chunk of stream) stdout.write(chunk)
  } finally {
    stdout.off('resize', resize)
    stdin.setRawMode(false)
    stdin.pause()
  }
}

export const run = runner(Exec)
