// The process: splits the line, loads the code of the one command that was asked for, and nothing else.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nearest } from '../shared/nearest.ts'
import { packageVersion } from '../shared/version.ts'
import { watchReaders } from './broken-pipe.ts'
import { keepCallersVariables } from './callers-variables.ts'
import { endWithDocker, metadataWord, pluginLine, pluginMetadata } from './docker-plugin.ts'
import { type Globals, splitLine } from './globals.ts'

/** What each command's bundle exports. */
interface CommandModule {
  run(rest: string[], globals: Globals): Promise<number>
}

/** Docker Compose's other words for a command. */
const aliases: Readonly<Record<string, string>> = { 'bridge transformations ls': 'bridge transformations list' }

async function main(argv: readonly string[]): Promise<number> {
  if (argv[0] === metadataWord) {
    process.stdout.write(pluginMetadata())
    return 0
  }
  keepCallersVariables(argv, process.env)
  let line: ReturnType<typeof splitLine>
  try {
    const fromDocker = pluginLine(argv, process.env)
    if (fromDocker) {
      Object.assign(process.env, fromDocker.env)
      endWithDocker(process.env)
    }
    line = splitLine(fromDocker?.argv ?? argv)
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error))
  }
  if (line.asked === 'version') {
    process.stdout.write(`tsc-compose version ${packageVersion()}\n`)
    return 0
  }
  const words = line.command === 'help' ? [...line.rest, '--help'] : [line.command ?? '', ...line.rest]
  const [command = '', ...rest] = line.asked === 'help' ? [] : words
  if (command === '' || command === '--help') return help()
  const found = loadCommand(command, rest)
  if (found) return found.module.run(found.rest, line.globals)
  return unknown(command)
}

/** `alpha viz` is a command as `up` is: the build has a bundle for each. The longest that fits is meant. */
function loadCommand(command: string, rest: string[]): { module: CommandModule; rest: string[] } | undefined {
  const folder = dirname(fileURLToPath(import.meta.url))
  for (const length of [2, 1, 0]) {
    const words = [command, ...rest.slice(0, length)].join(' ')
    const name = (aliases[words] ?? words).replaceAll(' ', '-')
    const behind = rest.slice(length)
    const file = join(folder, `command-${name}.js`)
    if (!/^[a-z-]+$/.test(name) || !existsSync(file)) continue
    return { module: createRequire(file)(file) as CommandModule, rest: behind } // the build made it from src/commands
  }
  return undefined
}

async function help(): Promise<number> {
  const [{ mainHelp }, { readManifest }] = await Promise.all([import('./help.ts'), import('./manifest.ts')])
  process.stdout.write(mainHelp(readManifest()))
  return 0
}

async function unknown(command: string): Promise<number> {
  const { readManifest } = await import('./manifest.ts')
  const known = nearest(command, Object.keys(readManifest().commands))
  // The sentence is the peer's, program and all.
  return fail(`unknown docker command: "compose ${command}"${known ? `\n  Did you mean ${known}?` : ''}`)
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
