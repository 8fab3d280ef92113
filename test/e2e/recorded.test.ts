// Every recorded case of Docker Compose's commands, run again by our CLI on our engine: standard output, exit codes, event
// lines and sentences are the same, but for what test/oracle/commands/differences.ts lists.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createReadStream, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { runningEngine } from '../../src/cli/embedded.ts'
import { followProgress } from '../../src/docker/protocol/json-lines.ts'
import { engineRoots } from '../../src/shared/roots.ts'
import { dockerCli } from '../docker-cli.ts'
import { alpineTar } from '../oracle/commands/alpine-tar.ts'
import { comparable } from '../oracle/commands/compare.ts'
import { differences, later, otherwise } from '../oracle/commands/differences.ts'
import { type DockerHub, startDockerHub } from '../oracle/commands/docker-hub.ts'
import { registryTar } from '../oracle/commands/registry-tar.ts'
import { casesFolder, runCase } from '../oracle/commands/run-case.ts'
import { parseTranscript } from '../oracle/commands/transcript.ts'
import { makeTestRoot } from '../test-root.ts'

const entry = new URL('../../bin/run.js', import.meta.url).pathname
const root = makeTestRoot('tsc-e2e-')
const env = { ...process.env, TSC_COMPOSE_ROOT: root, DOCKER_HOST: undefined, DOCKER_CONTEXT: undefined }
const cli = (...words: string[]) => execFileSync(process.execPath, [entry, ...words], { env, stdio: 'pipe' })

let docker: string
let hub: DockerHub
before(async () => {
  docker = dockerCli()
  hub = await startDockerHub(root)
  Object.assign(env, hub.env)
  cli('engine', 'start')
  const running = await runningEngine(engineRoots(env))
  assert.ok(running)
  const tar = alpineTar(root)
  const changes = ['CMD ["/bin/sh"]', 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']
  const tags = ['latest', '3.14', '3.15', '3.18', '3.20', '3.22'].map(tag => ({ repo: 'alpine', tag }))
  for (const name of [...tags, { repo: 'busybox', tag: 'latest' }]) {
    // Each is an image of its own by the time of its import, as those of Docker Hub are.
    await followProgress(await running.docker.importImage(createReadStream(tar), { ...name, changes }))
    const image = running.docker.getImage(`${name.repo}:${name.tag}`)
    await image.tag({ repo: `${hub.host}/library/${name.repo}`, tag: name.tag })
    await followProgress(await running.docker.getImage(`${hub.host}/library/${name.repo}`).push({ tag: name.tag }))
    await running.docker.getImage(`${hub.host}/library/${name.repo}:${name.tag}`).remove()
  }
  const registry = { repo: 'registry', tag: '3', changes: ['CMD ["/docker-registry", "serve", "/config.yml"]'] }
  await followProgress(await running.docker.importImage(registryTar(), registry))
  running.docker.close()
})
after(async () => {
  cli('engine', 'stop')
  await hub[Symbol.asyncDispose]()
  rmSync(root, { recursive: true, force: true })
})

const names = readdirSync(casesFolder)
const isLater = (name: string) => name in otherwise || Object.keys(later).some(start => name.startsWith(start))

describe('recorded cases', { concurrency: 2 }, () => {
  for (const name of names.filter(one => !isLater(one) && isComplete(one)))
    test(name, async () => {
      const own = differences[name] ?? []
      const recorded = parseTranscript(readFileSync(join(casesFolder, name, 'transcript'), 'utf8'))
      const run = await runCase(name, {
        entry,
        engineRoot: root,
        socketPath: engineRoots(env).socketPath,
        docker,
      })
      assert.deepEqual(
        run.map(block => comparable(block, own, 'ours')),
        recorded.map(block => comparable(block, own, 'recorded')),
      )
    })
})

function isComplete(name: string): boolean {
  const folder = join(casesFolder, name)
  return existsSync(join(folder, 'script'))
}

test('what is listed is there, and CHANGELOG tells how many cases are run', () => {
  const changelog = readFileSync(new URL('../../CHANGELOG.md', import.meta.url), 'utf8')
  const run = names.filter(name => !isLater(name) && isComplete(name)).length
  assert.match(changelog, new RegExp(`^- ${run} recorded transcripts`, 'm'))

  assert.deepEqual(
    [differences, otherwise, later].flatMap(Object.keys).filter(start => !names.some(name => name.startsWith(start))),
    [],
  )
})
