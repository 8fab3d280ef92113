// `npm run test:oracle:commands [DOCKER_HOST [EXPRESSION OF NAMES]]`: the recorded cases of Docker Compose's commands, run
// by our CLI on a real Docker Engine. What they print and how they end is compared with the recordings as on our engine;
// what an older Docker Engine does otherwise is listed in docker-differences.ts.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { dockerCli } from '../docker-cli.ts'
import { alpineTar } from './commands/alpine-tar.ts'
import { comparable } from './commands/compare.ts'
import { differences, later, otherwise } from './commands/differences.ts'
import { registryTar } from './commands/registry-tar.ts'
import { casesFolder, runCase } from './commands/run-case.ts'
import { type Block, parseTranscript } from './commands/transcript.ts'
import { notOnDocker, onOlder, withHub } from './docker-differences.ts'

const entry = new URL('../../bin/run.js', import.meta.url).pathname
const [, , dockerHost = process.env.DOCKER_HOST ?? '', pattern = ''] = process.argv
const folder = mkdtempSync(join(tmpdir(), 'tsc-oracle-'))
const docker = dockerCli()
const call = (words: readonly string[], input?: Buffer) =>
  execFileSync(docker, words, {
    env: { ...process.env, DOCKER_HOST: dockerHost },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    ...(input === undefined ? {} : { input }),
    encoding: 'utf8',
  })

const inCommand = ['CMD ["/bin/sh"]', 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']
const alpine = ['latest', '3.14', '3.15', '3.18', '3.20', '3.22'].map(tag => `alpine:${tag}`)

/** Those that are not there, under the names that Docker Hub has them by: a case may have removed one. */
function importImages(tars: { alpine: Buffer; registry: Buffer }): void {
  const there = call(['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}']).split('\n')
  const missing = (name: string) => !there.includes(name)
  for (const name of [...alpine, 'busybox:latest'].filter(missing))
    call(['import', ...inCommand.flatMap(change => ['-c', change]), '-', name], tars.alpine)
  if (missing('registry:3'))
    call(['import', '-c', 'CMD ["/docker-registry", "serve", "/config.yml"]', '-', 'registry:3'], tars.registry)
}

async function main(): Promise<number> {
  if (!dockerHost.startsWith('unix://')) {
    console.error('Name the socket of a Docker Engine: npm run test:oracle:commands -- unix:///run/docker.sock')
    return 2
  }
  const version = call(['version', '--format', '{{.Server.Version}}']).trim()
  console.log(`Recorded cases on Docker Engine ${version} (${dockerHost})`)
  const left = hasHub() ? Object.keys(notOnDocker) : [...Object.keys(notOnDocker), ...withHub]
  const names = readdirSync(casesFolder).filter(
    name => isComparable(name) && !left.includes(name) && new RegExp(pattern).test(name),
  )
  const isOlder = Number.parseInt(version, 10) < 29
  const tars = { alpine: readFileSync(alpineTar(folder)), registry: registryTar() }
  const failed: string[] = []
  for (const name of names) {
    importImages(tars)
    const found = await compare(name, isOlder).catch(error => [String(error)])
    console.log(`${found.length === 0 ? '✔' : '✖'} ${name}`)
    for (const line of found) console.log(`    ${line}`)
    if (found.length > 0) failed.push(name)
  }
  console.log(
    `\n${names.length} cases: ${names.length - failed.length} as recorded, ${failed.length} not; not asked: ${left.join(', ')}`,
  )
  return failed.length === 0 ? 0 : 1
}

function hasHub(): boolean {
  try {
    call(['pull', '-q', 'alpine:3.20'])
    return true
  } catch {
    return false
  }
}

function isComparable(name: string): boolean {
  if (!existsSync(join(casesFolder, name, 'script')) || name in otherwise) return false
  return !Object.keys(later).some(start => name.startsWith(start))
}

async function compare(name: string, isOlder: boolean): Promise<string[]> {
  const own = [...((isOlder && onOlder[name]) || []), ...(differences[name] ?? [])]
  const recorded = parseTranscript(readFileSync(join(casesFolder, name, 'transcript'), 'utf8'))
  const socketPath = dockerHost.slice('unix://'.length)
  const run = await runCase(name, { entry, engineRoot: join(folder, 'no-engine'), socketPath, docker, dockerHost })
  return recorded.flatMap((block, index) => {
    const [wanted, found] = [comparable(block, own, 'recorded'), comparable(run[index] ?? block, own, 'ours')]
    return isDeepStrictEqual(wanted, found) ? [] : [`$ ${block.line}`, ...changes(wanted, found)]
  })
}

function changes(wanted: Block, found: Block): string[] {
  const missing = (kind: 'stdout' | 'stderr', from: Block, other: Block, sign: string) => {
    const rest = [...other[kind]]
    return from[kind].flatMap(line => {
      const at = rest.indexOf(line)
      if (at < 0) return [`${sign} ${kind}: ${line}`]
      rest.splice(at, 1)
      return []
    })
  }
  const lines = (['stdout', 'stderr'] as const).flatMap(kind => [
    ...missing(kind, wanted, found, '-'),
    ...missing(kind, found, wanted, '+'),
  ])
  const exit = wanted.exit === found.exit ? [] : [`- exit ${wanted.exit}`, `+ exit ${found.exit}`]
  return lines.length + exit.length > 0 ? [...lines, ...exit] : ['the same lines in another order']
}

try {
  process.exitCode = await main()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
