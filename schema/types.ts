// The types of a Compose file as it is written, derived from its schema: short forms and long ones.
// What the files mean is another matter: that is the model's Project.
import type { FromSchema } from 'json-schema-to-ts'
import type { definitions } from './compose.ts'

type Definitions = typeof definitions

/** The schema with every reference replaced by what it names. */
type Inlined<S> = S extends { readonly $ref: `#/$defs/${infer Name}` }
  ? Name extends keyof Definitions
    ? Inlined<Definitions[Name]>
    : never
  : S extends readonly unknown[] | object
    ? { readonly [K in keyof S]: Inlined<S[K]> }
    : S

/** `services.<name>`, `build`, `healthcheck` and so on, by the name of their definition. */
export type Written<Name extends keyof Definitions> = FromSchema<Inlined<Definitions[Name]>>

/** A Compose file. */
export interface ComposeFile {
  version?: string
  name?: string
  include?: Written<'include'>[]
  services?: Record<string, Written<'service'>>
  networks?: Record<string, Written<'network'>>
  volumes?: Record<string, Written<'volume'>>
  configs?: Record<string, Written<'config'>>
  secrets?: Record<string, Written<'secret'>>
  models?: Record<string, Written<'model'>>
  [extension: `x-${string}`]: unknown
}
