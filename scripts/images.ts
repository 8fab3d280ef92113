// Sees to it that the engine has the example's images: pulled where a registry can be reached, otherwise built from
// examples/images on Debian's packages and loaded from .cache/ ever after. `node scripts/images.ts` does it for the engine
// that DOCKER_HOST names, or for the embedded one.
import {
  createReadStream,
  createWriteStream,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { embeddedEngine } from '../src/cli/embedded.ts'
import { Docker } from '../src/docker/client/docker.ts'
import { chosenEndpoint } from '../src/docker/client/endpoint.ts'
import { followProgress } from '../src/docker/protocol/json-lines.ts'
import { ComposeError, messageOf } from '../src/shared/errors.ts'
import { baseImage, baseKey, baseTar, cache, digestOf, forget } from './debian-base.ts'
import { runProgram } from './program.ts'

export const exampleImages = ['postgres:15', 'redis:7', 'node:26'] as const

/** Images made here carry the key of their recipe. */
const recipeLabel = 'tsc-compose.example.recipe'

const root = new URL('..', import.meta.url).pathname

const registryDeadlineMs = 3000

/** `say` gets a line for everything that takes a while. */
export async function ensureImages(docker: Docker, env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<void> {
  const states = await Promise.all(exampleImages.map(name => imageState(docker, name, recipeKey())))
  const missing = exampleImages.filter((_, index) => states[index] !== 'there')
  if (missing.length === 0) return
  try {
    // What was made here once is made here again: it only is older than its recipe.
    if (states.includes('outdated')) throw new ComposeError('failed_precondition', 'made from an older recipe')
    for (const name of missing) await pull(docker, name, say)
  } catch (error) {
    say(`${missing.join(', ')}: no pull (${messageOf(error)}); made from Debian's packages instead`)
    await makeImages(docker, env, say)
  }
}

/** Brings all of them without asking a registry: from .cache/, and built before where they are not there yet. */
async function makeImages(docker: Docker, env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<void> {
  if (existsSync(archivePath())) await loadImages(docker, say)
  else await buildImages(docker, env, say)
}

/** What `buildImages` leaves. */
export const archivePath = (): string => join(cache, `images-${recipeKey()}.tar`)

export async function loadImages(docker: Docker, say: (line: string) => void): Promise<void> {
  const progress = await docker.loadImage(createReadStream(archivePath()))
  await followProgress(progress, ({ stream }) => stream && say(stream.trimEnd()))
}

/** `env` is what chooses the engine that `docker` talks to. */
export async function buildImages(docker: Docker, env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<void> {
  await importBase(docker, say)
  const file = join(root, 'examples/images/compose.yaml')
  const recipe = { EXAMPLE_RECIPE: recipeKey() }
  await runProgram(process.execPath, [join(root, 'bin/run.js'), '-f', file, 'build'], { ...env, ...recipe })
  mkdirSync(cache, { recursive: true })
  const making = join(cache, `images-${process.pid}.new.tar`)
  try {
    await pipeline(await docker.getImages({ names: [...exampleImages] }), createWriteStream(making))
    forget('images-*')
    renameSync(making, archivePath())
  } finally {
    rmSync(making, { force: true })
  }
}

/** What somebody else has under its name is the real one. */
async function importBase(docker: Docker, say: (line: string) => void): Promise<void> {
  if ((await imageState(docker, baseImage, baseKey)) === 'there') return
  const [repo = '', tag = ''] = baseImage.split(':')
  const changes = ['CMD ["bash"]', `LABEL ${recipeLabel}=${baseKey}`]
  await followProgress(await docker.importImage(createReadStream(await baseTar(say)), { repo, tag, changes }))
}

/** Whatever the images are made of, but for the newest state of Debian's packages. */
function recipeKey(): string {
  const files = globSync(['examples/images/compose.yaml', 'examples/images/*/*'], { cwd: root }).sort()
  return digestOf([
    baseKey,
    process.version,
    process.arch,
    files,
    files.map(file => readFileSync(join(root, file), 'utf8')),
  ])
}

async function imageState(docker: Docker, name: string, recipe: string): Promise<'there' | 'missing' | 'outdated'> {
  try {
    const { Config } = await docker.getImage(name).inspect()
    const key = Config?.Labels?.[recipeLabel]
    return key === undefined || key === recipe ? 'there' : 'outdated'
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
  await ensureImages(docker, process.env, line => console.error(line))
  docker.close()
}
