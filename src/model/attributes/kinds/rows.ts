// What a table of attributes must hold: each that its definition in the schema has, under its name in camelCase.
// An attribute that is added to the schema alone does not compile, nor does a row that the schema knows nothing of.
import type { Kind } from './kind.ts'

type Camel<S> = S extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : S

/** The keys of a definition; of one with several forms, of those that are maps. */
type Keys<D> = D extends { readonly oneOf: readonly (infer Form)[] }
  ? Keys<Form>
  : D extends { readonly type: 'array'; readonly items: infer Item }
    ? Keys<Item>
    : D extends { readonly properties: infer P }
      ? keyof P
      : never

/** `Without` are keys that loading resolves away. */
export type RowsOf<Definition, Without = never> = {
  readonly [K in Exclude<Keys<Definition>, Without> as Camel<K> & string]: Kind<unknown>
}
