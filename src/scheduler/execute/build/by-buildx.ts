// On a Docker Engine, by the docker CLI's buildx: its own output is what is shown.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeEndpoint, type Endpoint } from '../../../docker/client/endpoint.ts'
import { ComposeError } from '../../../shared/errors.ts'
import type { BuildDraft } from '../../border/build-draft.ts'
import { buildxCall } from './buildx-calls.ts'
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
    const { args, input, env } = buildxCall(draft, folder)
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

const lastError = (text: string) =>
  ([...text.matchAll(/^(?:ERROR: )?(failed to (?:build|solve).*)$/gm)].at(-1) ?? /^ERROR: (.*)$/m.exec(text))?.[1]

const environment = (endpoint: Endpoint) => ({
  ...process.env,
  DOCKER_HOST: describeEndpoint(endpoint),
  DOCKER_CONTEXT: '',
})
