// `npm run test:oracle [COMPOSE]`: every Compose file of test/ and examples/, given to a Docker Compose at hand and to
// us; `config --format json` is compared as values and `config` as text. Only v5 is what we mean to equal: what an
// older one answers otherwise is shown, and is no failure.
import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { type Answer, configAnswer } from '../../src/commands/config/answer.ts'

interface Peer {
  command: [file: string, ...args: string[]]
  version: string
}

interface Comparison {
  file: string
  /** Empty: the same. */
  differences: string[]
  refusedByBoth: boolean
}

const root = join(import.meta.dirname, '../..')
const home = mkdtempSync(join(tmpdir(), 'tsc-oracle-'))

async function main(named: string | undefined): Promise<number> {
  const peer = findPeer(named)
  if (peer === undefined) {
    console.error(
      named === undefined
        ? 'No Docker Compose is at hand: neither `docker compose` nor `docker-compose` answers. Name one: npm run test:oracle -- /path/to/docker-compose'
        : `${named} does not answer as Docker Compose does`,
    )
    return 2
  }
  console.log(`Comparing with Docker Compose ${peer.version} (${peer.command.join(' ')})`)
  const files = composeFiles()
  const results = await inParallel(files, file => compareFile(file, peer))
  for (const { file, differences } of results)
    if (differences.length > 0) console.log(`${file}\n${differences.map(line => `    ${line}\n`).join('')}`.trimEnd())
  const count = (test: (result: Comparison) => boolean) => results.filter(test).length
  const differing = count(({ differences }) => differences.length > 0)
  const refused = count(({ refusedByBoth }) => refusedByBoth)
  console.log(
    `\n${files.length} files: ${files.length - differing} the same (${refused} of them refused by both), ${differing} differ`,
  )
  if (differing === 0) return 0
  if (Number.parseInt(peer.version, 10) >= 5) return 1
  console.log(`Docker Compose ${peer.version} is older than v5, which we follow where they differ: no failure.`)
  return 0
}

function findPeer(named: string | undefined): Peer | undefined {
  const candidates: Peer['command'][] =
    named === undefined
      ? [['docker', 'compose'], ['docker-compose']]
      : basename(named) === 'docker'
        ? [[named, 'compose']]
        : [[named]]
  for (const command of candidates) {
    const [file, ...args] = command
    try {
      const version = execFileSync(file, [...args, 'version', '--short'], { encoding: 'utf8', stdio: 'pipe' }).trim()
      return { command, version: version.replace(/^v/, '') }
    } catch {
      // Not this one.
    }
  }
  return undefined
}

function composeFiles(): string[] {
  const tracked = execFileSync('git', ['ls-files', '-z', 'test', 'examples'], { cwd: root, encoding: 'utf8' }).split(
    '\0',
  )
  return tracked.filter(file => /(?:^|\/)(?:docker-)?compose[^/]*\.ya?ml$/.test(file))
}

async function inParallel<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const queue = items.entries()
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await run(item)
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
  return results
}

async function compareFile(file: string, peer: Peer): Promise<Comparison> {
  const path = join(root, file)
  const env = environmentOf(path)
  const ask = (format: string) => Promise.all([ofPeer(peer, path, format, env), ofOurs(path, format, env)])
  const [[peerJson, json], [peerYaml, yaml]] = await Promise.all([ask('json'), ask('yaml')])
  const differences = [
    ...compareOutputs('json', peerJson, json, () =>
      firstDifference(JSON.parse(peerJson.stdout), JSON.parse(json.stdout)),
    ),
    ...compareOutputs('yaml', peerYaml, yaml, () => firstLine(peerYaml.stdout, yaml.stdout)),
  ]
  return { file, differences, refusedByBoth: peerYaml.exit !== 0 && yaml.exit !== 0 }
}

/** A recorded case has variables of its own. */
function environmentOf(path: string): Record<string, string> {
  const env: Record<string, string> = { PATH: process.env.PATH ?? '', HOME: home }
  const [, folder] = /^(.*\/cases\/[^/]+)\//.exec(path) ?? []
  const file = folder && join(folder, 'env')
  if (file === undefined || !existsSync(file)) return env
  for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
    const equals = line.indexOf('=')
    const name = line.slice(0, equals)
    // Files, project names and the like would turn the question into another one.
    if (!name.startsWith('COMPOSE_') && name !== 'HOME')
      env[name] = line.slice(equals + 1).replaceAll('$CASE', folder ?? '')
  }
  return env
}

function ofPeer({ command }: Peer, path: string, format: string, env: NodeJS.ProcessEnv): Promise<Answer> {
  const [file, ...args] = command
  return new Promise(resolve => {
    const words = [...args, '-f', path, 'config', '--format', format]
    execFile(file, words, { cwd: dirname(path), env, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ stdout, stderr, exit: error === null ? 0 : 1 })
    })
  })
}

function ofOurs(path: string, format: string, env: Record<string, string>): Promise<Answer> {
  return configAnswer({ cwd: dirname(path), env, files: [path], format })
}

function compareOutputs(format: string, peer: Answer, ours: Answer, difference: () => string | undefined): string[] {
  if (peer.exit !== 0 && ours.exit !== 0) return []
  if (peer.exit !== 0) return [`${format}: only the peer refuses: ${lastLine(peer.stderr)}`]
  if (ours.exit !== 0) return [`${format}: only we refuse: ${ours.stderr.trim().replaceAll('\n', ' ')}`]
  const found = difference()
  return found === undefined ? [] : [`${format}: ${found}`]
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}

/** Path and both values of the first place in which two JSON values differ. */
function firstDifference(peer: unknown, ours: unknown, path = ''): string | undefined {
  if (isDeepStrictEqual(peer, ours)) return undefined
  if (isObject(peer) && isObject(ours) && Array.isArray(peer) === Array.isArray(ours)) {
    for (const key of new Set([...Object.keys(peer), ...Object.keys(ours)])) {
      const found = firstDifference(peer[key], ours[key], path === '' ? key : `${path}.${key}`)
      if (found !== undefined) return found
    }
  }
  return `${path}: peer ${JSON.stringify(peer) ?? 'nothing'}, we ${JSON.stringify(ours) ?? 'nothing'}`
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function firstLine(peer: string, ours: string): string | undefined {
  if (peer === ours) return undefined
  const [theirs, own] = [peer.split('\n'), ours.split('\n')]
  const at = own.findIndex((line, index) => line !== theirs[index])
  const index = at < 0 ? own.length : at
  return `line ${index + 1}: peer ${JSON.stringify(theirs[index]) ?? 'nothing'}, we ${JSON.stringify(own[index]) ?? 'nothing'}`
}

try {
  process.exitCode = await main(process.argv[2])
} finally {
  rmSync(home, { recursive: true })
}
