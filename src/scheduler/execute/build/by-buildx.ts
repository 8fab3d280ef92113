// On a Docker Engine, by the docker CLI's buildx: its own output is what is shown.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeEndpoint, type Endpoint } from '../../../docker/client/endpoint.ts'
import { ComposeError } from '../../../shared/errors.ts'
import { bakeFile } from '../../border/bake-file.ts'
import { type BuildDraft, builtContexts } from '../../border/build-draft.ts'
import { contentOf } from './in-place.ts'
import type { BuildWay } from './way.ts'

/** Asked once: a plan may build many images. */
let known: Promise<boolean> | undefined

export function hasBuildx(endpoint: Endpoint): Promise<boolean> {
  known ??= new Promise(resolve => {
    const child = spawn('docker', ['buildx', 'version'], { stdio: 'ignore', env: environment(endpoint) })
    child.once('error', () => resolve(false)).once('exit', code => resolve(code === 0))
  })
  return known
}

export async function buildByBuildx(
  draft: BuildDraft,
  { docker, onEvent, onWarning, signal }: BuildWay,
): Promise<void> {
  if (draft.memory !== undefined) onWarning('--memory has no effect on BuildKit, which limits no step')
  const folder = mkdtempSync(join(tmpdir(), 'tsc-build-'))
  try {
    const { args, input, env } = needsBake(draft) ? bakeCall(draft) : buildCall(draft, folder)
    const child = spawn('docker', args, {
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      env: { ...environment(docker.endpoint), ...env },
      signal,
    })
    child.stdin?.end(input)
    const last: string[] = []
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        last.push(text)
        if (last.length > 100) last.shift()
        onEvent({ type: 'foreign', text })
      })
    const code = await new Promise<number | null>((resolve, reject) =>
      child.once('close', resolve).once('error', reject),
    )
    signal.throwIfAborted()
    if (code !== 0)
      throw new ComposeError(
        'failed_precondition',
        lastError(last.join('')) ?? `docker buildx build ended with exit code ${code}`,
        {
          details: { kind: 'build', services: draft.services, output: last.join('').trimEnd().split('\n').slice(-20) },
        },
      )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const lastError = (text: string) => [...text.matchAll(/^(?:ERROR: )?(failed to (?:build|solve).*)$/gm)].at(-1)?.[1]

interface BuildxCall {
  args: string[]
  /** Of its standard input. */
  input: string | undefined
  env: Record<string, string>
}

/** With `pull` an image that was just built would be asked of its registry: within bake it is a target. */
const needsBake = (draft: BuildDraft): boolean => draft.pull && Object.keys(draft.builtOn).length > 0

/** What was built before comes out of the cache. */
export function bakeCall(draft: BuildDraft): BuildxCall {
  const cached = (one: BuildDraft): BuildDraft => ({
    ...one,
    builtOn: Object.fromEntries(
      Object.entries(one.builtOn).map(([name, other]) => [
        name,
        cached({ ...other, noCache: false, noCacheFilter: [] }),
      ]),
    ),
  })
  return {
    args: ['buildx', 'bake', '--file', '-', '--progress', 'plain'],
    input: JSON.stringify(bakeFile([cached(draft)])),
    // The file is ours, and so are the folders that it names.
    env: { BUILDX_BAKE_ENTITLEMENTS_FS: '0', ...secretVariables(draft) },
  }
}

function secretVariables({ secrets, builtOn }: BuildDraft): Record<string, string> {
  const own = secrets.flatMap(({ from }) => ('file' in from ? [] : [[from.variable, from.content]]))
  return Object.assign(Object.fromEntries(own), ...Object.values(builtOn).map(secretVariables))
}

const buildCall = (draft: BuildDraft, folder: string): BuildxCall => ({
  args: buildxArguments(draft, folder),
  input: draft.dockerfileInline,
  env: {},
})

/** Secrets are written into `folder`. */
export function buildxArguments(draft: BuildDraft, folder: string): string[] {
  const each = (flag: string, values: readonly string[]) => values.flatMap(value => [flag, value])
  const pairs = (map: Readonly<Record<string, string>>) =>
    Object.entries(map).map(([name, value]) => `${name}=${value}`)
  const secrets = draft.secrets.map((secret, index) => {
    const path = join(folder, `secret-${index}`)
    writeFileSync(path, contentOf(secret), { mode: 0o600 })
    return `id=${secret.id},src=${path}`
  })
  return [
    ...['buildx', 'build', '--progress', 'plain', '--load'],
    ...each('--tag', [draft.image, ...draft.sharedBy, ...draft.tags]),
    ...(draft.dockerfileInline === undefined
      ? each(
          '--file',
          [dockerfileOf(draft)].flatMap(path => path ?? []),
        )
      : ['--file', '-']),
    ...each(
      '--target',
      [draft.target].flatMap(value => value ?? []),
    ),
    ...each('--build-arg', pairs(draft.args)),
    ...each('--build-context', pairs(builtContexts(draft, image => `docker-image://${image}`))),
    ...each('--label', pairs(draft.labels)),
    ...each(
      '--platform',
      [draft.platform].flatMap(value => value ?? []),
    ),
    ...(draft.noCache ? ['--no-cache'] : []),
    ...each('--no-cache-filter', draft.noCacheFilter),
    ...(draft.pull ? ['--pull'] : []),
    ...each(
      '--network',
      [draft.network].flatMap(value => value ?? []),
    ),
    ...each('--add-host', draft.extraHosts),
    ...each('--shm-size', draft.shmSize ? [String(draft.shmSize)] : []),
    ...each(
      '--ulimit',
      draft.ulimits.map(({ name, soft, hard }) => `${name}=${soft}:${hard}`),
    ),
    ...each('--allow', draft.entitlements),
    ...each('--secret', secrets),
    ...each(
      '--ssh',
      draft.ssh.map(({ id, path }) => (path === undefined ? id : `${id}=${path}`)),
    ),
    ...each('--cache-from', draft.cacheFrom),
    ...each('--cache-to', draft.cacheTo),
    ...each(
      '--provenance',
      [draft.provenance].flatMap(value => value ?? []),
    ),
    ...each(
      '--sbom',
      [draft.sbom].flatMap(value => value ?? []),
    ),
    draft.context,
  ]
}

/** The docker CLI takes it relative to where it runs. */
function dockerfileOf({ context, dockerfile }: BuildDraft): string | undefined {
  if (dockerfile === undefined || dockerfile.startsWith('/') || !context.startsWith('/')) return dockerfile
  return join(context, dockerfile)
}

const environment = (endpoint: Endpoint) => ({
  ...process.env,
  DOCKER_HOST: describeEndpoint(endpoint),
  DOCKER_CONTEXT: '',
})
