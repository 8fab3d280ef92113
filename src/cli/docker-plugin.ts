// Run by docker as its plugin `compose` (docker/cli, cli-plugins): docker gives its whole line, with its own flags before
// the plugin's name. What they say is brought into the words and variables that we have for it.
import { packageVersion } from '../shared/version.ts'

/** docker asks each program in its folders for this; what answers otherwise is no plugin. */
export const metadataWord = 'docker-cli-plugin-metadata'

export const pluginMetadata = (): string =>
  `${JSON.stringify({
    SchemaVersion: '0.1.0',
    Vendor: 'tsc-compose',
    Version: packageVersion(),
    ShortDescription: 'Compose without Docker (tsc-compose)',
  })}\n`

/** Set by docker for its plugins. */
const calledBy = 'DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND'
/** docker closes this socket when the plugin is to end and no terminal tells it. */
const socketName = 'DOCKER_CLI_PLUGIN_SOCKET'

/** docker's flags that take a value, and those that don't; the same letters as ours mean the same. */
const valued: Readonly<Record<string, string>> = {
  c: 'context',
  H: 'host',
  l: 'log-level',
  config: 'config',
  context: 'context',
  host: 'host',
  'log-level': 'log-level',
  tlscacert: 'tlscacert',
  tlscert: 'tlscert',
  tlskey: 'tlskey',
}
const switches: Readonly<Record<string, string>> = { D: 'debug', debug: 'debug', tls: 'tls', tlsverify: 'tlsverify' }

export interface PluginLine {
  /** As the user would have given it to us. */
  argv: string[]
  /** Variables that docker's flags stand for. */
  env: Record<string, string>
}

/** Undefined: this is not docker calling. Throws an Error for flags that docker would refuse. */
export function pluginLine(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): PluginLine | undefined {
  if (!env[calledBy]) return undefined
  const line: PluginLine = { argv: [], env: {} }
  const words = [...argv]
  for (;;) {
    const word = words.shift()
    if (word === undefined) return undefined
    // `docker help compose up`, and what a shell asks at Tab.
    if (word === 'help' && words[0] === 'compose') return { ...line, argv: [...line.argv, 'help', ...words.slice(1)] }
    if (/^__complete(NoDesc)?$/.test(word) && words[0] === 'compose')
      return { ...line, argv: ['completion', 'docker', '--', ...words.slice(1)] }
    if (word === 'compose') return { ...line, argv: [...line.argv, ...words] }
    if (!word.startsWith('-')) return undefined
    for (const [name, value] of flagsOf(word, words)) take(line, name, value)
  }
}

/** `--name=value`, `--name value`, `-Dc name`. A value that is the next word is taken from `words`. */
function flagsOf(word: string, words: string[]): [name: string, value: string][] {
  const [, long, inline] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? []
  if (long !== undefined) {
    if (switches[long]) return [[long, inline ?? 'true']]
    return [[long, inline ?? nextOf(words, `--${long}`)]]
  }
  const found: [string, string][] = []
  for (let at = 1; at < word.length; at++) {
    const letter = word.charAt(at)
    if (switches[letter]) {
      found.push([letter, 'true'])
      continue
    }
    const rest = word.slice(at + 1).replace(/^=/, '')
    found.push([letter, rest || nextOf(words, `'${letter}' in ${word}`)])
    break
  }
  return found
}

function nextOf(words: string[], flag: string): string {
  const value = words.shift()
  if (value === undefined) throw new Error(`flag needs an argument: ${flag}`)
  return value
}

function take(line: PluginLine, flag: string, value: string): void {
  const name = switches[flag] ?? valued[flag]
  if (name === undefined)
    throw new Error(flag.length === 1 ? `unknown shorthand flag: '${flag}' in -${flag}` : `unknown flag: --${flag}`)
  if (name === 'config') line.env.DOCKER_CONFIG = value
  else if (name === 'log-level') line.argv.push(...logWords(value))
  else if (name === 'host' && line.argv.some(word => word.startsWith('--host='))) throw new Error('specify only one -H')
  else line.argv.push(`--${name}=${value}`)
}

/** We write warnings and errors; what is more goes with --debug, and what is less leaves warnings out. */
function logWords(level: string): string[] {
  if (!/^(trace|debug|info|warn|warning|error|fatal|panic)$/i.test(level))
    throw new Error(`unable to parse logging level: ${level}`)
  if (/^(trace|debug)$/i.test(level)) return ['--debug']
  return /^(error|fatal|panic)$/i.test(level) ? ['--no-warnings'] : []
}

/** Ends this process as Ctrl-C does when docker, which was told to end, closes its socket. */
export function endWithDocker(env: Readonly<Record<string, string | undefined>>): void {
  const name = env[socketName]
  if (!name) return
  // Loaded here: most lines are not docker's.
  const { connect } = process.getBuiltinModule('node:net')
  // docker's name of an abstract socket has @ for the zero byte.
  const socket = connect(name.replace(/^@/, '\0'))
  let connected = false
  socket.on('connect', () => {
    connected = true
  })
  // A docker that is gone already has nothing more to tell.
  socket.on('error', () => {})
  socket.on('close', () => connected && process.kill(process.pid, 'SIGINT'))
  socket.resume()
  socket.unref()
}
