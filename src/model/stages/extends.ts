// Stage: `extends`. A service takes another's attributes as a base, of its own file or of one that it names.
import { posix } from 'node:path'
import { ComposeError } from '../../shared/errors.ts'
import { nearest } from '../../shared/nearest.ts'
import { clone, isTree, newTree, type Tree, treeOf, type Value } from '../../shared/yaml/tree.ts'
import {
  applyResets,
  type DocumentState,
  type ExtendsBase,
  type InputFile,
  type LoadContext,
  locate,
  type Part,
  readNamed,
} from '../files/context.ts'
import { checkConfined } from '../files/remote/confine.ts'
import { merge } from './merge.ts'
import { resolvePaths } from './paths.ts'

interface Reference {
  file: string
  service: string
}

export function applyExtends({ tree, file, context, resets }: DocumentState): void {
  const { services } = tree
  if (services === undefined) return
  if (!isTree(services)) throw invalid('services must be a mapping', 'services')
  for (const name in services) services[name] = extend(name, services, { file, context, resets, chain: [] })
}

interface Extending {
  file: string
  context: LoadContext
  /** Reset tags of the file that the service stands in. */
  resets: readonly string[][]
  chain: readonly Reference[]
}

function extend(name: string, services: Tree, state: Extending): Value {
  const service = services[name] ?? null
  if (service === null) return null
  if (!isTree(service)) throw invalid(`services.${name} must be a mapping`, `services.${name}`)
  if (service.extends === undefined) return service
  const { service: base, file: baseFile } = target(name, service.extends)

  let { file, resets } = state
  let from = services
  if (baseFile !== undefined) {
    ;({ services: from, resets } = baseOf(name, base, baseFile, state))
    file = baseFile
  } else if (!(base in services)) throw notFound(name, base, state.file, services)

  const chain = follow(state.chain, { file, service: name })
  const extended = extend(base, from, { ...state, resets, chain })
  if (!isTree(extended)) return service
  const source = clone(extended)
  applyResets(treeOf([['services', treeOf([[name, source]])]]), state.resets)
  const merged = merge(source, service, ['services', 'x'])
  delete merged.extends
  services[name] = merged
  return merged
}

function target(name: string, value: Value): { service: string; file: string | undefined } {
  if (typeof value === 'string') return { service: value, file: undefined }
  if (!isTree(value)) return { service: '', file: undefined }
  if (typeof value.service !== 'string')
    throw invalid(`extends.${name}.service is required`, `services.${name}.extends.service`)
  return { service: value.service, file: typeof value.file === 'string' ? value.file : undefined }
}

/** The services of another file, with paths as seen from this one. */
function baseOf(name: string, base: string, reference: string, { file, context }: Extending): ExtendsBase {
  const { path, dir } = locate(reference, context)
  const key = `${path}\0${dir}`
  let known = context.extended.get(key)
  if (known === undefined) {
    if (!context.remote.accepts(reference)) checkConfined(path, file, `services.${name}.extends.file`, context)
    const text = readNamed(path, `services.${name}.extends.file`, file, context)
    known = loadBase(name, { name: path, text }, dir, context)
    context.extended.set(key, known)
  }
  if (!(base in known.services)) throw notFound(name, base, file, known.services, reference)
  return { services: clone(known.services), resets: known.resets }
}

/** What is checked of the result need not be checked of the base, and extends are followed one by one. */
const skippedInBase: readonly Part[] = ['include', 'extends', 'schema', 'defaults', 'checks', 'paths', 'normalize']

function loadBase(name: string, input: InputFile, dir: string, context: LoadContext): ExtendsBase {
  const { name: path } = input
  const base: LoadContext = {
    ...context,
    workingDir: dir,
    folder: posix.dirname(path),
    skip: new Set([...context.skip, ...skippedInBase]),
  }
  const { model, resets } = context.load.file(input, base, newTree(), [])
  const { services } = model
  const problem = services === undefined ? 'no services section' : 'services must be a mapping'
  if (!isTree(services)) throw invalid(`cannot extend service ${JSON.stringify(name)} in ${path}: ${problem}`, path)
  resolvePaths(model, {
    workingDir: dir,
    home: context.home,
    followLink: link => context.source.followLink?.(link) ?? link,
    isRemote: reference => context.remote.accepts(reference),
  })
  return { services, resets }
}

function follow(chain: readonly Reference[], next: Reference): readonly Reference[] {
  const longer = [...chain, next]
  if (!chain.some(({ file, service }) => file === next.file && service === next.service)) return longer
  const [first, ...rest] = longer.map(({ file, service }) => `${service} in ${file}`)
  throw invalid(`Circular reference:\n  ${first}${rest.map(line => `\n  extends ${line}`).join('')}`, 'extends')
}

function notFound(name: string, base: string, file: string, services: Tree, baseFile?: string): ComposeError {
  const where = baseFile === undefined ? '' : ` in ${baseFile}`
  const suggestion = nearest(base, Object.keys(services))
  return new ComposeError(
    'not_found',
    `cannot extend service ${JSON.stringify(name)} in ${file}: service ${JSON.stringify(base)} not found${where}`,
    { path: `services.${name}.extends`, hint: suggestion && `Did you mean ${suggestion}?` },
  )
}

function invalid(sentence: string, path: string): ComposeError {
  return new ComposeError('invalid_argument', sentence, { path })
}
