// Rules by path: `services.*.ports` names where in a model a function applies, `*` is any key or list entry.
// One walker serves every table; it visits only what a rule can still reach.
import { ComposeError } from '../../shared/errors.ts'
import { isTree, type Value } from '../../shared/yaml/tree.ts'

/** Keys from the top; an entry of a list is `[]`. Changes during the walk: join it, don't keep it. */
export type Path = readonly string[]

/** Gets the value at a path and gives the one to put there. What lies below is walked afterwards. */
export type Rule<Context> = (value: Value, path: Path, context: Context) => Value

export interface Table<T> {
  readonly root: Branch<T>
}

export interface Branch<T> {
  rule?: T
  readonly keys: Map<string, Branch<T>>
}

/** Compiles a table once, when it is first used. */
export function tableOf<T>(rules: () => Readonly<Record<string, T>>): () => Table<T> {
  let table: Table<T> | undefined
  return () => {
    table ??= compile(rules())
    return table
  }
}

function compile<T>(rules: Readonly<Record<string, T>>): Table<T> {
  const root: Branch<T> = { keys: new Map() }
  for (const [pattern, rule] of Object.entries(rules)) {
    let branch = root
    for (const part of pattern.split('.')) {
      let next = branch.keys.get(part)
      if (next === undefined) {
        next = { keys: new Map() }
        branch.keys.set(part, next)
      }
      branch = next
    }
    branch.rule = rule
  }
  return { root }
}

/** The branch for one more key. A named rule goes before one for any key. */
export function below<T>(branch: Branch<T> | undefined, key: string): Branch<T> | undefined {
  return branch?.keys.get(key) ?? branch?.keys.get('*')
}

export function applyRules<Context>(value: Value, table: Table<Rule<Context>>, context: Context): Value {
  const path: string[] = []
  const indices: number[] = []
  try {
    return apply(value, table.root, { path, indices }, context)
  } catch (error) {
    // Parsers of single values don't know where theirs stands; the path still says it.
    if (!(error instanceof ComposeError)) throw error
    const { code, message, path: known = path.join('.'), hint, cause } = error
    throw new ComposeError(code, message, { path: withIndices(known, indices), hint, cause })
  }
}

/** A path in which each `[]` is the index that the walk is at. */
export function withIndices(path: string, indices: readonly number[]): string {
  let depth = 0
  return path.replace(/(?<=^|\.)\[\](?=\.|$)/g, any => String(indices[depth++] ?? any))
}

interface Position {
  path: string[]
  /** For each `[]` of the path. */
  indices: number[]
}

function apply<Context>(value: Value, branch: Branch<Rule<Context>>, at: Position, context: Context): Value {
  const { path, indices } = at
  const result = branch.rule === undefined ? value : branch.rule(value, path, context)
  if (branch.keys.size === 0) return result
  if (Array.isArray(result)) {
    const next = below(branch, '[]')
    if (next === undefined) return result
    path.push('[]')
    for (const [index, item] of result.entries()) {
      indices.push(index)
      result[index] = apply(item, next, at, context)
      indices.pop()
    }
    path.pop()
  } else if (isTree(result)) {
    for (const key in result) {
      const next = below(branch, key)
      if (next === undefined) continue
      path.push(key)
      result[key] = apply(result[key] ?? null, next, at, context)
      path.pop()
    }
  }
  return result
}
