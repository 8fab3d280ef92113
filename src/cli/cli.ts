// The process: splits the line, loads the code of the one command that was asked for, and nothing else.

import { packageVersion } from '../shared/version.ts'
import { watchReaders } from './broken-pipe.ts'
import { keepCallersVariables } from './callers-variables.ts'
import { type Globals, splitLine } from './globals.ts'
import { helpText } from './help.ts'

/** What each command's bundle exports. */
export interface CommandModule {
  run(rest: string[], globals: Globals): Promise<number>
}

/** The build makes a bundle of each; the imports stay as they are. */
const commands: Record<string, () => Promise<CommandModule>> = {
  config: () => import('../commands/config/config.ts'),
  create: () => import('../commands/create.ts'),
  doctor: () => import('../commands/doctor.ts'),
  down: () => import('../commands/down.ts'),
  engine: () => import('../commands/engine/engine.ts'),
  exec: () => import('../commands/exec.ts'),
  kill: () => import('../commands/kill.ts'),
  logs: () => import('../commands/logs.ts'),
  ls: () => import('../commands/ls.ts'),
  pause: () => import('../commands/pause.ts'),
  ps: () => import('../commands/ps.ts'),
  restart: () => import('../commands/restart.ts'),
  start: () => import('../commands/start.ts'),
  stop: () => import('../commands/stop.ts'),
  unpause: () => import('../commands/unpause.ts'),
  up: () => import('../commands/up/up.ts'),
  version: () => import('../commands/version.ts'),
}

/** Docker Compose's commands that are not here yet: refused by name, not as unknown. */
const laterCommands =
  'alpha attach bridge build commit cp events export images port publish pull push rm run scale stats top volumes wait watch'

async function main(argv: readonly string[]): Promise<number> {
  keepCallersVariables(argv, process.env)
  let line: ReturnType<typeof splitLine>
  try {
    line = splitLine(argv)
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error))
  }
  if (line.asked === 'version') {
    process.stdout.write(`tsc-compose version ${packageVersion()}\n`)
    return 0
  }
  if (line.asked === 'help' || line.command === undefined || (line.command === 'help' && line.rest.length === 0)) {
    process.stdout.write(helpText)
    return 0
  }
  const load = Object.hasOwn(commands, line.command) ? commands[line.command] : undefined
  if (load) return (await load()).run(line.rest, line.globals)
  if (laterCommands.split(' ').includes(line.command)) {
    return fail(
      `tsc-compose ${line.command} is not supported yet\ndocker compose ${line.command} works with this engine: DOCKER_HOST=$(tsc-compose engine socket)`,
    )
  }
  process.stdout.write(helpText)
  // The sentence is the peer's, program and all.
  return fail(`unknown docker command: "compose ${line.command}"`)
}

function fail(text: string): number {
  process.stderr.write(`${text}\n`)
  return 1
}

watchReaders()

main(process.argv.slice(2)).then(
  code => {
    process.exitCode = code
    // Idle connections and ended children must not keep a finished command alive; output is flushed first.
    process.stdout.write('', () => process.stderr.write('', () => process.exit()))
  },
  error => {
    console.error(error)
    process.exit(1)
  },
)
