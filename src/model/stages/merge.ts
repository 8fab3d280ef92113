// Stage: one model over another. Maps merge, lists append, the rest is replaced; the table has the exceptions.
import { ComposeError } from '../../shared/errors.ts'
import { isTree, newTree, type Tree, treeOf, type Value } from '../../shared/yaml/tree.ts'
import { goText } from '../values/scalar.ts'
import { type Branch, below, tableOf } from '../values/walk.ts'

type Merger = (base: Value, over: Value, branch: Branch<Merger>, path: string[]) => Value

const mergers = tableOf<Merger>(() => ({
  'networks.*.ipam.config': mergeIpamConfig,
  'networks.*.labels': mergeLists,
  'volumes.*.labels': mergeLists,
  'services.*.annotations': mergeLists,
  'services.*.build': mergeBuild,
  'services.*.build.args': mergeLists,
  'services.*.build.additional_contexts': mergeLists,
  'services.*.build.extra_hosts': mergeExtraHosts,
  'services.*.build.labels': mergeLists,
  'services.*.command': replace,
  'services.*.depends_on': mergeDependsOn,
  'services.*.deploy.labels': mergeLists,
  'services.*.dns': mergeLists,
  'services.*.dns_opt': mergeLists,
  'services.*.dns_search': mergeLists,
  'services.*.entrypoint': replace,
  'services.*.env_file': mergeLists,
  'services.*.label_file': mergeLists,
  'services.*.environment': mergeLists,
  'services.*.extra_hosts': mergeExtraHosts,
  'services.*.healthcheck.test': replace,
  'services.*.labels': mergeLists,
  'services.*.volumes.*.volume.labels': mergeLists,
  'services.*.logging': mergeLogging,
  'services.*.models': mergeNamed,
  'services.*.networks': mergeNamed,
  'services.*.sysctls': mergeLists,
  'services.*.tmpfs': mergeLists,
  'services.*.ulimits.*': (_, over) => over,
}))

/** Gives the merged model; both trees may be changed. `at` is where in a model they stand. */
export function merge(base: Tree, over: Tree, at: readonly string[] = []): Tree {
  let branch: Branch<Merger> | undefined = mergers().root
  for (const key of at) branch = below(branch, key)
  const merged = mergeValues(base, over, branch ?? nothing, [...at])
  return isTree(merged) ? merged : base
}

const nothing: Branch<Merger> = { keys: new Map() }

function mergeValues(base: Value, over: Value, branch: Branch<Merger>, path: string[]): Value {
  if (branch.rule !== undefined) return branch.rule(base, over, branch, path)
  if (over === null) return base
  if (isTree(base)) {
    if (!isTree(over)) throw cannotOverride(path)
    return mergeMaps(base, over, branch, path)
  }
  if (Array.isArray(base)) {
    if (!Array.isArray(over)) throw cannotOverride(path)
    return [...base, ...over]
  }
  return over
}

function mergeMaps(base: Tree, over: Tree, branch: Branch<Merger>, path: string[]): Tree {
  for (const key in over) {
    const value = over[key] ?? null
    const known = base[key]
    if (known === undefined) {
      base[key] = value
      continue
    }
    path.push(key)
    base[key] = mergeValues(known, value, below(branch, key) ?? nothing, path)
    path.pop()
  }
  return base
}

function replace(_: Value, over: Value): Value {
  return over
}

/** Texts `key=value`; which of them win is decided where duplicates are removed. */
function mergeLists(base: Value, over: Value): Value {
  return [...asList(base), ...asList(over)]
}

function mergeExtraHosts(base: Value, over: Value): Value {
  const hosts = asList(base)
  return [...hosts, ...asList(over).filter(host => !hosts.includes(host))]
}

function asList(value: Value): Value[] {
  if (Array.isArray(value)) return value
  if (typeof value === 'string') return [value]
  if (!isTree(value)) return []
  const list: string[] = []
  for (const [key, item] of Object.entries(value)) {
    if (item === null) list.push(key)
    else for (const one of Array.isArray(item) ? item : [item]) list.push(`${key}=${goText(one)}`)
  }
  return list.sort()
}

/** Options add up only when both name the same driver, or one names none. */
function mergeLogging(base: Value, over: Value, branch: Branch<Merger>, path: string[]): Value {
  if (!isTree(base) || !isTree(over)) return over === null ? base : over
  const [driver, other] = [base.driver, over.driver]
  if (driver === other || driver === undefined || other === undefined) return mergeMaps(base, over, branch, path)
  return over
}

function mergeBuild(base: Value, over: Value, branch: Branch<Merger>, path: string[]): Value {
  const asBuild = (value: Value) => (typeof value === 'string' ? treeOf([['context', value]]) : value)
  const [build, other] = [asBuild(base), asBuild(over)]
  if (!isTree(build)) return over
  return isTree(other) ? mergeMaps(build, other, branch, path) : build
}

function mergeDependsOn(base: Value, over: Value, branch: Branch<Merger>, path: string[]): Value {
  const dependency = () =>
    treeOf([
      ['condition', 'service_started'],
      ['required', true],
    ])
  return mergeMaps(asMap(base, dependency), asMap(over, dependency), branch, path)
}

function mergeNamed(base: Value, over: Value, branch: Branch<Merger>, path: string[]): Value {
  return mergeMaps(
    asMap(base, () => null),
    asMap(over, () => null),
    branch,
    path,
  )
}

function asMap(value: Value, entry: () => Value): Tree {
  if (isTree(value)) return value
  const map = newTree()
  for (const name of Array.isArray(value) ? value : []) if (typeof name === 'string') map[name] = entry()
  return map
}

/** Pools of the same subnet merge; of the others the override's come first. */
function mergeIpamConfig(base: Value, over: Value, branch: Branch<Merger>, path: string[]): Value {
  if (!Array.isArray(base) || !Array.isArray(over)) throw cannotOverride(path)
  const pools: Tree[] = []
  const put = (pool: Tree) => {
    const index = pools.findIndex(known => known.subnet === pool.subnet)
    if (index < 0) pools.push(pool)
    else pools[index] = pool
  }
  for (const original of base) {
    const pool = asMap(original, () => null)
    for (const override of over) {
      const other = asMap(override, () => null)
      if (other.subnet !== pool.subnet && !pools.some(known => known.subnet === other.subnet)) pools.push(other)
      else put(mergeMaps(pool, other, branch, path))
    }
  }
  return pools
}

function cannotOverride(path: readonly string[]): ComposeError {
  const where = path.join('.')
  return new ComposeError('invalid_argument', `cannot override ${where}`, {
    path: where,
    hint: 'Both files must use the same form: two maps, or two lists.',
  })
}
