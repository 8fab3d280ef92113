// Stage: short forms become long ones. Without interpolation a text that can't be parsed yet stays.
import { ComposeError } from '../../shared/errors.ts'
import { isTree, newTree, type Tree, treeOf, type Value } from '../../shared/yaml/tree.ts'
import { parsePort } from '../attributes/port.ts'
import { parseVolume } from '../attributes/volume.ts'
import { goText, goType } from '../values/scalar.ts'
import { applyRules, type Path, type Rule, tableOf } from '../values/walk.ts'

export interface CanonicalContext {
  /** Texts may still hold variables: what does not parse stays as it is. */
  lenient: boolean
  warn(sentence: string, path: string): void
}

const rules = tableOf<Rule<CanonicalContext>>(() => ({
  'services.*.build': value => (typeof value === 'string' ? treeOf([['context', value]]) : value),
  'services.*.build.additional_contexts': keyValues,
  'services.*.build.provenance': asText,
  'services.*.build.sbom': asText,
  'services.*.build.secrets.*': fileReference,
  'services.*.build.ssh': sshKeys,
  'services.*.configs.*': fileReference,
  'services.*.depends_on': dependencies,
  'services.*.develop.watch.*.ignore': listOfOne,
  'services.*.develop.watch.*.include': listOfOne,
  'services.*.devices.*': device,
  'services.*.dns': withoutEmpty,
  'services.*.env_file': envFiles,
  'services.*.extends': value => (typeof value === 'string' ? treeOf([['service', value]]) : value),
  'services.*.gpus': value => (typeof value === 'string' ? [treeOf([['count', 'all']])] : value),
  'services.*.label_file': listOfOne,
  'services.*.models': named,
  'services.*.networks': named,
  'services.*.ports': ports,
  'services.*.secrets.*': fileReference,
  'services.*.ulimits.*': ulimit,
  'services.*.build.ulimits.*': ulimit,
  'services.*.volumes.*': volume,
  'configs.*': maybeExternal,
  'networks.*': maybeExternal,
  'secrets.*': maybeExternal,
  'volumes.*': maybeExternal,
  'include.*': value => (typeof value === 'string' ? treeOf([['path', value]]) : value),
}))

/** Changes the tree in place. */
export function toCanonical(tree: Value, context: CanonicalContext): Value {
  return applyRules(tree, rules(), context)
}

function listOfOne(value: Value): Value {
  return typeof value === 'string' ? [value] : value
}

function withoutEmpty(value: Value): Value {
  const list = listOfOne(value)
  return Array.isArray(list) ? list.filter(item => item !== '' && item !== null) : list
}

function ulimit(value: Value, path: Path): Value {
  if (isTree(value) || typeof value === 'number') return value
  throw invalid(path, `${path.join('.')}: invalid type ${goType(value)} for external`)
}

function asText(value: Value): Value {
  return typeof value === 'string' ? value : goText(value)
}

function named(value: Value): Value {
  return Array.isArray(value) ? treeOf(value.map(name => [String(name), null])) : value
}

function keyValues(value: Value, path: Path, { lenient }: CanonicalContext): Value {
  if (!Array.isArray(value)) return value
  const map = newTree()
  for (const entry of value) {
    const text = String(entry)
    const equals = text.indexOf('=')
    if (equals >= 0) map[text.slice(0, equals)] = text.slice(equals + 1)
    else if (lenient) return value
    else throw invalid(path, `${path.join('.')}: invalid value ${text}, expected key=value`)
  }
  return map
}

function fileReference(value: Value): Value {
  return typeof value === 'string' ? treeOf([['source', value]]) : value
}

function dependencies(value: Value, path: Path): Value {
  const map = Array.isArray(value) ? treeOf(value.map(name => [String(name), newTree()])) : value
  if (!isTree(map)) return value
  for (const [name, dependency] of Object.entries(map)) {
    if (!isTree(dependency)) throw invalid(path, `${path.join('.')}.${name}: unsupported value ${goText(map)}`)
    dependency.condition ??= 'service_started'
    dependency.required ??= true
  }
  return map
}

function envFiles(value: Value): Value {
  const list = listOfOne(value)
  if (!Array.isArray(list)) return value
  return list.map(item => {
    const file = typeof item === 'string' ? treeOf([['path', item]]) : item
    if (isTree(file)) file.required ??= true
    return file
  })
}

function sshKeys(value: Value, path: Path): Value {
  if (!Array.isArray(value)) return value
  const keys = newTree()
  for (const entry of value) {
    const text = String(entry)
    const equals = text.indexOf('=')
    if (equals >= 0) keys[text.slice(0, equals)] = text.slice(equals + 1)
    else if (text === 'default') keys[text] = null
    else throw invalid(path, `invalid ssh key ${JSON.stringify(text)}`)
  }
  return keys
}

function device(value: Value, path: Path, { lenient }: CanonicalContext): Value {
  if (typeof value !== 'string') return value
  const parts = value.split(':')
  if (parts.length > 3 && !lenient) throw invalid(path, `confusing device mapping, please use long syntax: ${value}`)
  const [source = '', target = '', permissions = 'rwm'] = parts.length > 3 ? [] : parts
  return treeOf([
    ['source', source],
    ['target', target === '' ? source : target],
    ['permissions', permissions],
  ])
}

function ports(value: Value, path: Path, { lenient }: CanonicalContext): Value {
  if (!Array.isArray(value)) throw invalid(path, `${path.join('.')}: invalid type ${goType(value)} for port`)
  const list: Tree[] = []
  for (const entry of value) {
    if (isTree(entry)) list.push(entry)
    else if (typeof entry === 'number') list.push(...parsePort(String(entry)))
    else if (typeof entry === 'string') {
      try {
        list.push(...parsePort(entry))
      } catch (error) {
        if (lenient) return value
        throw error instanceof ComposeError ? invalid([...path, entry], error.message, error.hint) : error
      }
    } else throw invalid(path, `${path.join('.')}: invalid type ${goType(entry)} for port`)
  }
  return list
}

function volume(value: Value, path: Path, { lenient }: CanonicalContext): Value {
  if (isTree(value)) return value
  if (typeof value !== 'string')
    throw invalid(path, `${path.join('.')}: invalid type ${goType(value)} for service volume mount`)
  try {
    return parseVolume(value)
  } catch (error) {
    if (lenient) return value
    throw error
  }
}

/** `external: {name: x}` is the old form of `external: true` and `name: x`. */
function maybeExternal(value: Value, path: Path, { warn }: CanonicalContext): Value {
  if (!isTree(value) || !isTree(value.external)) return value
  const { name } = value.external
  value.external = true
  if (name === undefined) return value
  const where = path.join('.')
  warn(`${where}: external.name is deprecated. Please set name and external: true`, where)
  if (value.name !== undefined && value.name !== name)
    throw invalid(path, `${where}: name and external.name conflict; only use name`)
  value.name = name
  return value
}

function invalid(path: Path, sentence: string, hint?: string): ComposeError {
  return new ComposeError('invalid_argument', sentence, { path: path.join('.'), hint })
}
