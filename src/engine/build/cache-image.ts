// What an image's configuration says of the steps that it was made of, so that a build elsewhere finds them: the format
// of inline caches and of caches in a registry, which are images of nothing but layers.
import type { ImageDocument } from '../images/record.ts'
import type { CachedLayer } from './cache.ts'

/** A step of this build, as it ended. */
export interface MadeStep {
  key: string
  /** Below its layer, lowest first. */
  parents: readonly string[]
  layer: CachedLayer | undefined
  description: string
  created: string
}

export interface ToldStep {
  key: string
  /** The layer, one of the image's; undefined where the step changed nothing. */
  diffId?: string | undefined
  description: string
  created: string
}

export const cacheProperty = 'dev.tsc-compose.build-cache'

export interface ToldSteps {
  version: 1
  steps: ToldStep[]
}

export const tellSteps = (made: readonly MadeStep[]): ToldSteps => ({
  version: 1,
  steps: made.map(({ key, layer, description, created }) => ({
    key,
    ...(layer ? { diffId: layer.diffId } : {}),
    description,
    created,
  })),
})

/** Undefined: it tells of none, or in a form that is not known here. */
export function readSteps(document: ImageDocument): ToldStep[] | undefined {
  const told = document[cacheProperty] as { version?: unknown; steps?: unknown } | undefined
  if (told?.version !== 1 || !Array.isArray(told.steps)) return undefined
  return told.steps.every(isStep) ? told.steps : undefined
}

function isStep(value: unknown): value is ToldStep {
  if (typeof value !== 'object' || value === null) return false
  const { key, diffId, description, created } = value as Record<string, unknown>
  const texts = [key, description, created].every(text => typeof text === 'string')
  return texts && (diffId === undefined || (typeof diffId === 'string' && /^sha256:[0-9a-f]{64}$/.test(diffId)))
}
