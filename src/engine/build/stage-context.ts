// What an instruction has around it while its stage is built, and how a step that makes a layer is done: from the
// cache, or once for all builds that want the same at the same time.
import { statSync } from 'node:fs'
import { ComposeError, messageOf, placed } from '../../shared/errors.ts'
import type { KeyedTurns } from '../../shared/turns.ts'
import type { Workers } from '../chrooted/workers.ts'
import type { Images } from '../images/images.ts'
import { chainIds } from '../images/layers.ts'
import type { Lease } from '../images/leases.ts'
import type { BuildCache, CachedLayer, CacheEntry } from './cache.ts'
import { blobOf, cacheKey } from './cache.ts'
import type { MadeStep } from './cache-image.ts'
import type { CacheMounts } from './cache-mounts.ts'
import type { CacheSources } from './cache-sources.ts'
import type { Dockerfile, Stage } from './dockerfile/dockerfile.ts'
import { flagOf, type Instruction } from './dockerfile/instruction.ts'
import type { Progress, RunningStep } from './progress.ts'
import type { BuildRequest } from './request.ts'
import { createWords, type Words } from './scope.ts'
import type { Sources } from './sources.ts'
import { addHistory, diffIdsOf, environmentOf, type StageState } from './stage-state.ts'
import type { StepContainers } from './step-containers.ts'

/** What the engine has for all builds. */
export interface BuildEngine {
  images: Images
  cache: BuildCache
  steps: StepContainers
  workers: Workers
  turns: KeyedTurns
  /** On disk, for what is received and downloaded. */
  stagingFolder: string
  /** In memory: what no disk shall keep. */
  secretsFolder: string
  cacheMounts: CacheMounts
}

/** One build. */
export interface Build {
  engine: BuildEngine
  request: BuildRequest
  dockerfile: Dockerfile
  progress: Progress
  signal: AbortSignal
  lease: Lease
  sources: Sources
  /** Of other machines. */
  cacheSources: CacheSources
  /** The steps so far that made, or would have made, layers. */
  made: MadeStep[]
  /** What its bases left to whoever builds on them. */
  triggers: string[]
  /** A folder of its own, gone at its end. */
  folder: string
  /** Seconds since 1970, of SOURCE_DATE_EPOCH. */
  epoch: number | undefined
}

export interface StageContext {
  build: Build
  stage: Stage
  state: StageState
  /** The stage's, which those that begin with it have too. */
  args: Map<string, string>
  words: Words
  commandSet: boolean
  /** The name of a step for whoever watches. */
  stepName(instruction: Instruction): string
}

export function createStageContext(build: Build, stage: Stage, state: StageState, steps: number): StageContext {
  const { args } = state
  let count = 1
  const title = titleOf(build, stage)
  const context: StageContext = {
    build,
    stage,
    state,
    args,
    words: createWords(
      build.dockerfile.escapeToken,
      name => args.get(name) ?? environmentOf(context.state.config).get(name),
    ),
    commandSet: false,
    stepName: instruction => `[${title}${++count}/${steps}] ${shownWith(context, instruction)}`,
  }
  return context
}

/** What is known of its variables replaced, as it stands otherwise. */
function shownWith({ build, state, args }: StageContext, { keyword, shown }: Instruction): string {
  if (keyword !== 'RUN') return shown
  const known = (name: string) => args.get(name) ?? environmentOf(state.config).get(name) ?? `$${name}`
  try {
    return createWords(build.dockerfile.escapeToken, known).content(shown)
  } catch {
    // A form that only the shell knows.
    return shown
  }
}

/** The stage in names of steps; a Dockerfile of one has none. */
export const titleOf = ({ dockerfile }: Pick<Build, 'dockerfile'>, { name, index }: Stage): string =>
  dockerfile.stages.length > 1 ? `${name ?? `stage-${index}`} ` : name ? `${name} ` : ''

export const placeOf = ({ build }: StageContext, { first }: Instruction): string => `${build.dockerfile.file}:${first}`

/** Undefined where it isn't given, or empty. */
export function expandFlag({ words }: StageContext, instruction: Instruction, name: string): string | undefined {
  const value = flagOf(instruction, name)
  return value === undefined || value === '' ? undefined : words.expand(value)
}

export interface LayeredStep {
  /** Everything that the layer is made of, besides what lies below it. */
  key(): unknown
  /** What lies below has no part in it: the layer is the same on another base. */
  isIndependent?: boolean
  createdBy: string
  /** Makes it. Undefined: nothing changed. */
  make(step: RunningStep): Promise<string | undefined>
  /** Asked afterwards: whether it is what the key says, or something has changed meanwhile. */
  isAsKeyed?(): boolean
}

/** Puts a layer on the stage, from the cache where it is there. */
export async function addLayer(
  context: StageContext,
  instruction: Instruction,
  { key, createdBy, make, isIndependent = false, isAsKeyed = () => true }: LayeredStep,
): Promise<void> {
  const { build, state } = context
  const { cache, images, turns } = build.engine
  const below = diffIdsOf(state)
  const parents = isIndependent ? [] : below
  const fresh =
    build.request.noCache ||
    build.request.noCacheFilter.some(
      name => name.toLowerCase() === context.stage.name || name === String(context.stage.index),
    )
  const entry = await build.progress.step(context.stepName(instruction), async step => {
    const full = cacheKey([parents, await key()])
    const work = async (): Promise<CacheEntry> => {
      const known = fresh ? undefined : cache.find(full)
      if (known) {
        hold(build, known)
        step.cached()
        return known
      }
      const brought = fresh ? undefined : await build.cacheSources.find(full, parents)
      if (brought) {
        hold(build, brought)
        cache.put(brought)
        step.cached()
        return { ...brought, lastUsed: brought.created, uses: 0 }
      }
      try {
        const diffId = await make(step)
        const layer = diffId === undefined ? undefined : { diffId, size: statSync(images.blobs.path(diffId)).size }
        const made = { key: full, parents, layer, description: instruction.shown, created: new Date().toISOString() }
        hold(build, made)
        if (isAsKeyed()) cache.put(made)
        return { ...made, lastUsed: made.created, uses: 0 }
      } catch (error) {
        throw located(error, context, instruction)
      }
    }
    const entry = await turns.run(full, work, build.signal)
    if (isIndependent && entry.layer) await putOnTop(build, entry.layer, below)
    return entry
  })
  if (isAsKeyed()) build.made.push({ ...entry, parents: below })
  const created = build.epoch === undefined ? entry.created : new Date(build.epoch * 1000).toISOString()
  if (entry.layer) {
    state.layers.push(entry.layer)
    state.created = created
  }
  addHistory(state, createdBy, entry.layer !== undefined, entry.layer ? created : state.created)
}

function hold(
  { lease }: Build,
  { parents, layer }: { parents: readonly string[]; layer: CachedLayer | undefined },
): void {
  if (layer) lease.hold({ blobs: [blobOf(layer)], layers: chainIds([...parents, layer.diffId]) })
}

/** What was made on nothing, unpacked where it is to lie. */
async function putOnTop(build: Build, layer: CachedLayer, parents: readonly string[]): Promise<void> {
  const { layers, blobs } = build.engine.images
  hold(build, { parents, layer })
  await layers.unpack(blobs.path(blobOf(layer)), layer.diffId, parents)
}

/** The layer's tar is kept as it is: whoever pushes it compresses it. */
export const keepTar =
  ({ engine, lease }: Build) =>
  async (tar: AsyncIterable<Uint8Array>): Promise<string> => {
    const { digest } = await engine.images.blobs.put(tar, {})
    lease.hold({ blobs: [digest] })
    return digest
  }

/** With the place in the Dockerfile, unless it has one. */
export function located(error: unknown, context: StageContext, instruction: Instruction): unknown {
  if (context.build.signal.aborted) return error
  const known = error instanceof ComposeError ? error : new ComposeError('internal', messageOf(error), { cause: error })
  return placed(known, placeOf(context, instruction))
}
