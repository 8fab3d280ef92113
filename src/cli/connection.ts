// From flags and environment to an engine that answers: the Docker Engine that was named, or the embedded one.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Docker } from '../docker/client/docker.ts'
import { chosenEndpoint, describeEndpoint, type Endpoint } from '../docker/client/endpoint.ts'
import { ComposeError } from '../shared/errors.ts'
import { dockerConfig, engineHeaders } from './docker-config.ts'
import { embeddedEngine } from './embedded.ts'
import type { Globals } from './globals.ts'

export async function openEngine(globals: Globals, abortSignal?: AbortSignal): Promise<Docker> {
  const endpoint = chosenEndpoint(globals, process.env)
  if (!endpoint) return openEmbedded(abortSignal)
  const docker = new Docker(endpoint, { headers: engineHeaders(dockerConfig()) })
  await docker.negotiate({ abortSignal })
  return docker
}

/** The bundle of the engine lies beside the CLI's. */
export const engineEntry = fileURLToPath(new URL('./engine.js', import.meta.url))

/** A start that fails says what this machine lacks, if that is why, and which Docker Engine could do instead. */
export async function openEmbedded(abortSignal?: AbortSignal): Promise<Docker> {
  if (!existsSync(engineEntry)) {
    throw new ComposeError('failed_precondition', `the engine is not built: ${engineEntry} is missing`, {
      hint: 'npm run build',
    })
  }
  try {
    return await embeddedEngine({ env: process.env, entry: engineEntry, abortSignal })
  } catch (error) {
    if (!(error instanceof ComposeError) || error.code === 'canceled') throw error
    const { failedProbes } = await import('./host-probes.ts')
    const [first] = await failedProbes()
    if (!first) throw error
    const other = await answeringDocker()
    const instead = other ? `, or use the Docker Engine that answers: DOCKER_HOST=${describeEndpoint(other)}` : ''
    throw new ComposeError(
      'failed_precondition',
      `the engine can't run here: ${first.problem} (${first.fix})${instead}`,
      { cause: error },
    )
  }
}

/** One of the usual sockets, if an engine answers there. */
async function answeringDocker(): Promise<Endpoint | undefined> {
  const paths = [
    '/var/run/docker.sock',
    `/run/user/${process.getuid?.()}/docker.sock`,
    `${process.env.HOME}/.docker/run/docker.sock`,
  ]
  for (const path of paths.filter(one => existsSync(one))) {
    const docker = new Docker({ kind: 'unix', path })
    try {
      await docker.ping({ abortSignal: AbortSignal.timeout(500) })
      return docker.endpoint
    } catch {
      // Not this one.
    } finally {
      docker.close()
    }
  }
  return undefined
}
