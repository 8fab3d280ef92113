// Sees to it that the engine has the example's images: pulled where a registry can be reached, otherwise made from
// Debian packages and this project's Node, and loaded under the same names. `node scripts/images.ts` does it for the
// engine that DOCKER_HOST names, or for the embedded one.
import { spawn } from 'node:child_process'
import { embeddedEngine } from '../src/cli/embedded.ts'
import { Docker } from '../src/docker/client/docker.ts'
import { chosenEndpoint } from '../src/docker/client/endpoint.ts'
import { followProgress } from '../src/docker/protocol/json-lines.ts'
import { ComposeError, messageOf } from '../src/shared/errors.ts'
import { imagesFolder, recipeKey, recipeLabel } from './image-archive.ts'

export const exampleImages = ['postgres:15', 'redis:7', 'node:26'] as const

const registryDeadlineMs = 3000

/** `say` gets a line for everything that takes a while. */
export async function ensureImages(docker: Docker, say: (line: string) => void): Promise<void> {
  const states = await Promise.all(exampleImages.map(name => imageState(docker, name)))
  const missing = exampleImages.filter((_, index) => states[index] !== 'there')
  if (missing.length === 0) return
  try {
    // What was made here once is made here again: it only is older than its recipe.
    if (states.includes('outdated')) throw new ComposeError('failed_precondition', 'made from an older recipe')
    for (const name of missing) await pull(docker, name, say)
  } catch (error) {
    say(`${missing.join(', ')}: no pull (${messageOf(error)}); made from Debian packages instead`)
    await loadExampleImages(docker, say)
  }
}

/** Loads all of them without asking a registry. */
export async function loadExampleImages(docker: Docker, say: (line: string) => void): Promise<void> {
  const folder = await imagesFolder(say)
  const tar = spawn('tar', ['-cf', '-', '-C', folder, '.'], { stdio: ['ignore', 'pipe', 'inherit'] })
  await followProgress(await docker.loadImage(tar.stdout), ({ stream }) => stream && say(stream.trimEnd()))
}

async function imageState(docker: Docker, name: string): Promise<'there' | 'missing' | 'outdated'> {
  try {
    const { Config } = await docker.getImage(name).inspect()
    const key = Config?.Labels?.[recipeLabel]
    return key === undefined || key === recipeKey() ? 'there' : 'outdated'
  } catch (error) {
    if (error instanceof ComposeError && error.code === 'not_found') return 'missing'
    throw error
  }
}

/** Only the registry's first answer has a deadline: the pull itself may take its time. */
async function pull(docker: Docker, name: string, say: (line: string) => void): Promise<void> {
  const abort = new AbortController()
  const deadline = setTimeout(() => abort.abort(), registryDeadlineMs)
  try {
    const progress = await docker.pull(name, { abortSignal: abort.signal })
    say(`Pulling ${name}`)
    await followProgress(progress, ({ status = '' }) => {
      if (status.startsWith('Pulling')) clearTimeout(deadline)
    })
  } catch (error) {
    if (!abort.signal.aborted) throw error
    throw new ComposeError('deadline_exceeded', `no registry answers within ${registryDeadlineMs / 1000} s`, {
      cause: error,
    })
  } finally {
    clearTimeout(deadline)
  }
}

/** The engine a user's commands would talk to. */
export async function openEngine(env: NodeJS.ProcessEnv): Promise<Docker> {
  const endpoint = chosenEndpoint({}, env)
  if (!endpoint) return embeddedEngine({ env, entry: new URL('../dist/engine.js', import.meta.url).pathname })
  const docker = new Docker(endpoint)
  await docker.negotiate()
  return docker
}

if (import.meta.main) {
  const docker = await openEngine(process.env)
  await ensureImages(docker, line => console.error(line))
  docker.close()
}
