// `exec`: a command in a running container, with its streams, its terminal and its exit code handed through.
import * as Flags from '@oclif/core/flags'
import { codeOf } from '../cli/attached/attached-container.ts'
import { detachFilter, parseDetachKeys } from '../cli/attached/detach-keys.ts'
import { rawTerminal } from '../cli/attached/raw-terminal.ts'
import { ComposeCommand, runner } from '../cli/command.ts'
import { dockerConfig } from '../cli/docker-config.ts'
import { integer, list } from '../cli/flags.ts'
import { requireWords, runningContainer } from '../cli/service-container.ts'
import type { Exec as EngineExec } from '../docker/client/exec.ts'
import { demuxStream } from '../docker/protocol/frames.ts'
import { throwFromDaemon } from '../scheduler/execute/told.ts'

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
    requireWords(this.words, 2)
    const { name } = await this.loadProjectOrName()
    const docker = await this.engine()
    const { id, name: container } = await runningContainer(docker, name, service, flags.index)
    if (this.globals.dryRun) {
      process.stdout.write(`run ${command.join(' ')} in container ${container}\n`)
      return 0
    }
    const tty = !flags['no-tty'] && !flags.detach && process.stdout.isTTY === true && process.stdin.isTTY === true
    const { detachKeys } = dockerConfig()
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
        // A Docker Engine would listen for its own default.
        DetachKeys: docker.hasExtension('status') ? undefined : detachKeys,
        ConsoleSize: tty ? [process.stdout.rows, process.stdout.columns] : undefined,
      })
      .catch(throwFromDaemon)
    if (flags.detach) {
      await exec.startDetached().catch(throwFromDaemon)
      return 0
    }
    if (!tty) await throughPipes(exec)
    else if ((await throughTerminal(exec, detachKeys)) === 'detached') return codeOf('detached')
    return (await exec.inspect()).ExitCode ?? 0
  }
}

/** `KEY` alone means the caller's value, as with docker. */
function withOwnValue(variable: string): string {
  return variable.includes('=') || process.env[variable] === undefined
    ? variable
    : `${variable}=${process.env[variable]}`
}

async function throughPipes(exec: EngineExec): Promise<void> {
  const stream = await exec.start().catch(throwFromDaemon)
  process.stdin.pipe(stream)
  // The command may end before it has read everything.
  stream.on('error', () => {})
  await demuxStream(stream, process.stdout, process.stderr)
  process.stdin.unpipe(stream).pause()
}

/** Only keys that the user has chosen are held back: a shell has a use for ctrl-p. */
async function throughTerminal(exec: EngineExec, detachKeys: string | undefined): Promise<'ended' | 'detached'> {
  const { stdin, stdout } = process
  const keys = detachKeys ? parseDetachKeys(detachKeys) : undefined
  const stream = await exec.start({ Tty: true, ConsoleSize: [stdout.rows, stdout.columns] }).catch(throwFromDaemon)
  const terminal = rawTerminal(({ rows, columns }) => void exec.resize({ h: rows, w: columns }).catch(() => {}))
  terminal.tell()
  const { promise: detached, resolve } = Promise.withResolvers<'detached'>()
  const source = keys ? stdin.pipe(detachFilter(keys, () => resolve('detached'))) : stdin
  const show = async () => {
    for await (const chunk of stream) stdout.write(chunk)
    return 'ended' as const
  }
  try {
    source.pipe(stream)
    stream.on('error', () => {})
    return await Promise.race([show(), detached])
  } finally {
    stdin.unpipe().pause()
    stream.destroy()
    terminal.dispose()
  }
}

export const run = runner(Exec)
