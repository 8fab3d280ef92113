// The README's promise to a fresh machine: in a container that holds Debian's minimum, Node and npm, run by our own
// engine, `scripts/setup.sh test` installs whatever the project needs, and the unit tests pass.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createReadStream, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { followProgress } from '../../src/docker/protocol/json-lines.ts'
import { startEngine, type TestEngine } from '../engine/engine-process.ts'
import { logsOf } from '../engine/run.ts'
import { bareRoot, project } from './root.ts'

const script = `set -eu
cd /srv/project
sh scripts/setup.sh test
PATH=$PWD/node_modules/.bin:$PATH
node --test --test-reporter=dot --test-reporter-destination=stdout \\
  --test-reporter=./scripts/totals.ts --test-reporter-destination=/tmp/totals \\
  'src/**/*.test.ts' 'schema/**/*.test.ts' 'test/*.test.ts' || failed=1
cat /tmp/totals >&2
exit \${failed:-0}`

test('set-up and unit tests on a machine that has never had the project', async t => {
  await using engine = await startEngine()
  await importRoot(engine)
  const container = await engine.docker.createContainer({
    Image: 'bare:latest',
    Cmd: ['sh', '-c', script],
    Env: [...surroundings.env, 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root'],
    HostConfig: { Binds: [...surroundings.binds, ...downloads()] },
  })
  await container.putArchive(checkout(), { path: '/srv' })
  const ended = container.wait({ condition: 'next-exit' })
  await container.start()
  const { StatusCode } = await ended
  const { stdout, stderr } = await logsOf(container)
  // The reporter names the tests that failed, with their errors, behind all else.
  assert.equal(StatusCode, 0, [stderr.slice(-3000), stdout.slice(-12_000)].join('\n'))
  const passed = Number(/^{"passed":(\d+),"failed":0,"skipped":0}$/m.exec(stderr)?.[1] ?? -1)
  assert.ok(passed > 1000, `${passed} unit tests passed`)
  t.diagnostic(`${passed} unit tests passed`)
})

async function importRoot({ docker }: TestEngine): Promise<void> {
  await followProgress(await docker.importImage(createReadStream(bareRoot()), { repo: 'bare', tag: 'latest' }))
}

/** What git knows of this checkout, and what it doesn't know yet, without what it ignores. */
function checkout(): Buffer {
  const git = [
    '-c',
    'safe.directory=*',
    'ls-files',
    '-z',
    '--cached',
    '--others',
    '--exclude-standard',
    '--deduplicate',
  ]
  const files = execFileSync('git', git, { cwd: project, maxBuffer: 64 * 1024 * 1024 })
  const tar = ['--null', '--files-from=-', '--ignore-failed-read', '--transform=s,^,project/,S', '-cf', '-']
  const stdio = ['pipe', 'pipe', 'ignore'] as const
  return execFileSync('tar', tar, { cwd: project, input: files, maxBuffer: 512 * 1024 * 1024, stdio: [...stdio] })
}

/** Packages that were downloaded before are not downloaded again; whether they are installed is not kept. */
function downloads(): string[] {
  return [
    ['apt', '/var/cache/apt/archives'],
    ['npm', '/root/.npm'],
  ].map(([name = '', target]) => {
    const folder = join(project, '.cache/bare', name)
    mkdirSync(folder, { recursive: true })
    return `${folder}:${target}`
  })
}

/** Certificates and proxies by which this machine reaches the registries: the container is on the same network. */
const surroundings = (() => {
  const certificates = process.env.NODE_EXTRA_CA_CERTS
  const proxies = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY']
  const env = [...proxies, 'npm_config_registry'].flatMap(name =>
    process.env[name] ? [`${name}=${process.env[name]}`] : [],
  )
  if (!certificates) return { env, binds: [] }
  return {
    env: [...env, 'NODE_EXTRA_CA_CERTS=/srv/certificates.crt', 'npm_config_cafile=/srv/certificates.crt'],
    binds: [`${certificates}:/srv/certificates.crt:ro`],
  }
})()
