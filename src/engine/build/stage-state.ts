// What a stage is after each of its instructions: the image that it would be.
import type { ImageConfig } from '../../docker/protocol/types.ts'
import type { Platform } from '../../registry/platform.ts'
import { defaultPath } from '../containers/oci/container-spec.ts'
import type { ImageDocument } from '../images/record.ts'
import type { CachedLayer } from './cache.ts'

export type History = NonNullable<ImageDocument['history']>[number]

export interface StageState {
  config: ImageConfig
  /** Declared ones that have a value, and that no ENV has replaced since. */
  args: Map<string, string>
  platform: Platform
  /** The diff ids of the base, lowest first. */
  below: readonly string[]
  /** What registries gave of the base: its layers, its manifest. */
  baseBlobs: readonly string[]
  /** What was made on the base, lowest first. */
  layers: CachedLayer[]
  history: History[]
  /** Of the newest layer; undefined where there is none. */
  created: string | undefined
  author: string | undefined
}

export const emptyState = (platform: Platform): StageState => ({
  // What a program finds where the image says nothing, as everybody's builder writes it.
  config: { Env: [`PATH=${defaultPath}`], WorkingDir: '/' },
  args: new Map(),
  platform,
  below: [],
  baseBlobs: [],
  layers: [],
  history: [],
  created: undefined,
  author: undefined,
})

/** Of another stage, or an image: what is done on top leaves it as it is. */
export const stateOnTop = (base: StageState): StageState => ({
  ...base,
  config: structuredClone(base.config),
  args: new Map(base.args),
  layers: [...base.layers],
  history: [...base.history],
})

export const diffIdsOf = ({ below, layers }: StageState): string[] => [...below, ...layers.map(({ diffId }) => diffId)]

/** ENV as a map, the last of a name counts. */
export const environmentOf = ({ Env = [] }: ImageConfig): Map<string, string> =>
  new Map(Env.map(entry => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)] as const))

export function addHistory(state: StageState, createdBy: string, hasLayer: boolean, created = state.created): void {
  state.history.push({
    ...(created === undefined ? {} : { created }),
    created_by: createdBy,
    ...(hasLayer ? {} : { empty_layer: true }),
  })
}
