// The flags of `config`.
import type { LoadOptions } from '../../model/load/load.ts'

export interface ConfigOptions extends LoadOptions {
  /** `yaml` or `json`. */
  format?: string | undefined
  /** v1 style: without normalization, `_` in names of images. */
  compatibility?: boolean | undefined
  noInterpolate?: boolean | undefined
  noNormalize?: boolean | undefined
  noConsistency?: boolean | undefined
  noPathResolution?: boolean | undefined
  noEnvResolution?: boolean | undefined
  resolveImageDigests?: boolean | undefined
  lockImageDigests?: boolean | undefined
  /** Listings; the first of these that is set decides. */
  list?: Listing | undefined
  /** `*` or names with commas: `--hash`. */
  hash?: string | undefined
  /** Gives the digest of an image's tag. */
  digestOf?: ((image: string) => Promise<string>) | undefined
}

/** In the order in which they win over one another; `hash` stands between models and profiles. */
export const listings = [
  'services',
  'volumes',
  'networks',
  'models',
  'profiles',
  'images',
  'variables',
  'environment',
] as const

export type Listing = (typeof listings)[number]
