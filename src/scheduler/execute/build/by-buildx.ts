// On a Docker Engine, by the docker CLI's buildx: its own output is what is shown.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Endpoint } from '../../../docker/client/endpoint.ts'
import type { BuildDraft } from '../../border/build-draft.ts'
import { type BuildxCall, buildxCall, checkCall } from './buildx-calls.ts'
import { buildxOutput } from './buildx-report.ts'
import { dockerEnvironment } from './docker-environment.ts'
import type { BuildWay } from './way.ts'

/** Asked once: a plan may build many images. */
let known: Promise<boolean> | undefined

export function hasBuildx(): Promise<boolean> {
  known ??= new Promise(resolve => {
    const child = spawn('docker', ['buildx', 'version'], { stdio: 'ignore' })
    child.once('error', () => resolve(false)).once('exit', code => resolve(code === 0))
  })
  return known
}

export async function buildByBuildx(
  draft: BuildDraft,
  { docker, onEvent, onWarning, signal }: BuildWay,
): Promise<void> {
  if (draft.memory !== undefined) onWarning('--memory has no effect on BuildKit, which limits no step')
  const output = buildxOutput(text => onEvent({ type: 'foreign', text }))
  const code = await callBuildx(folder => buildxCall(draft, folder), docker.endpoint, signal, output.push)
  if (code !== 0) throw output.failure(draft.services, `docker buildx ended with exit code ${code}`)
  output.succeed()
}

/** True: nothing was found. What BuildKit says of it is its own. */
export const checkByBuildx = async (
  drafts: readonly BuildDraft[],
  endpoint: Endpoint,
  signal: AbortSignal,
  onText: (text: string) => void,
): Promise<boolean> => (await callBuildx(() => checkCall(drafts), endpoint, signal, onText)) === 0

/** The exit code; null after a signal. `callIn` is given a folder for what must be in files. */
async function callBuildx(
  callIn: (folder: string) => BuildxCall,
  endpoint: Endpoint,
  signal: AbortSignal,
  onText: (text: string) => void,
): Promise<number | null> {
  const folder = mkdtempSync(join(tmpdir(), 'tsc-build-'))
  try {
    const { args, input, env } = callIn(folder)
    const child = spawn('docker', args, {
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      env: { ...dockerEnvironment(endpoint, folder, process.env), ...env },
      signal,
    })
    child.stdin?.on('error', () => {}).end(input)
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', onText)
    const code = await new Promise<number | null>((resolve, reject) =>
      child.once('close', resolve).once('error', reject),
    )
    signal.throwIfAborted()
    return code
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
