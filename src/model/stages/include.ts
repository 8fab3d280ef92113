// Stage: `include`. Other files are loaded with folder and variables of their own, and their resources
// are put below those of the file that includes them.
import { posix } from 'node:path'
import { ComposeError } from '../../shared/errors.ts'
import { clone, isTree, newTree, type Tree, treeOf, type Value } from '../../shared/yaml/tree.ts'
import {
  absolute,
  applyResets,
  type DocumentState,
  type LoadContext,
  locate,
  readNamed,
  relativeDir,
} from '../files/context.ts'
import { readEnvFiles } from '../files/env-files.ts'
import { checkConfined, checkModelConfined } from '../files/remote/confine.ts'
import { goText } from '../values/scalar.ts'
import { merge } from './merge.ts'

interface Entry {
  paths: string[]
  projectDirectory: string
  envFiles: string[]
}

export function applyInclude(state: DocumentState): void {
  const { tree } = state
  for (const [index, entry] of entriesOf(tree.include ?? null).entries()) includeOne(entry, index, state)
  delete tree.include
}

function entriesOf(value: Value): Entry[] {
  if (value === null) return []
  if (!Array.isArray(value))
    throw new ComposeError('invalid_argument', `\`include\` must be a list, got ${goText(value)}`, { path: 'include' })
  return value.map(item => {
    const entry = isTree(item) ? item : treeOf([['path', item]])
    return {
      paths: texts(entry.path),
      projectDirectory: typeof entry.project_directory === 'string' ? entry.project_directory : '',
      envFiles: texts(entry.env_file),
    }
  })
}

function texts(value: Value | undefined): string[] {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.map(goText) : []
}

function includeOne(entry: Entry, index: number, state: DocumentState): void {
  const { context, file, tree, resets } = state
  const chain = [...state.chain, file]
  const located = entry.paths.map(reference => locate(reference, context))
  const [main] = located
  if (main === undefined) return
  const { folder, workingDir } = placeOf(entry, main, context)
  if (chain.includes(main.path)) {
    const [first, ...rest] = [...chain, main.path]
    throw new ComposeError(
      'invalid_argument',
      `include cycle detected:\n${first}\n include ${rest.join('\n include ')}`,
      { path: 'include' },
    )
  }
  for (const name of entry.envFiles)
    if (name !== '/dev/null') checkConfined(absolute(name, context.folder), file, `include.${index}.env_file`, context)
  const environment = environmentOf(entry, folder, context)
  const key = JSON.stringify([located.map(({ path }) => path), workingDir, folder, environment])
  let model = context.included.get(key)
  if (model === undefined) {
    // Its paths are always resolved, up to the folder of this file.
    const skip = new Set([...context.skip].filter(part => part !== 'paths'))
    const inner: LoadContext = { ...context, workingDir, folder, environment, skip, extended: new Map() }
    for (const [i, { path }] of located.entries())
      if (!context.remote.accepts(entry.paths[i] ?? '')) checkConfined(path, file, `include.${index}`, context)
    const files = located.map(({ path }) => ({ name: path, text: readNamed(path, `include.${index}`, file, context) }))
    model = context.load.model(files, inner, chain)
    checkModelConfined(model, main.path, context)
    context.included.set(key, model)
  }
  importResources(clone(model), tree, resets)
}

/** The project folder of the included files, absolute, and as seen from here. */
function placeOf(
  { projectDirectory }: Entry,
  main: { path: string; dir: string },
  context: LoadContext,
): { folder: string; workingDir: string } {
  if (projectDirectory === '') return { folder: posix.dirname(main.path), workingDir: main.dir }
  if (posix.isAbsolute(projectDirectory)) return { folder: projectDirectory, workingDir: projectDirectory }
  return {
    folder: absolute(projectDirectory, context.folder),
    workingDir: relativeDir(projectDirectory, context.folder, context.source),
  }
}

/** The caller's variables, then those of the entry's env files or of the `.env` beside the file. */
function environmentOf({ envFiles }: Entry, folder: string, context: LoadContext): Record<string, string> {
  const { source, environment, warn } = context
  let files: string[]
  if (envFiles.length === 0) {
    const own = posix.join(folder, '.env')
    files = source.kind(own) === 'file' ? [own] : []
  } else {
    files = envFiles
      .filter(name => name !== '/dev/null')
      .map(name => {
        const path = absolute(name, context.folder)
        const kind = source.kind(path)
        if (kind === 'folder') throw new ComposeError('invalid_argument', `${path} is not a file`, { path })
        if (kind === undefined) throw new ComposeError('not_found', `stat ${path}: no such file or directory`, { path })
        return path
      })
  }
  return { ...readEnvFiles(files, environment, source, warn), ...environment }
}

const sections = ['services', 'volumes', 'networks', 'secrets', 'configs', 'models'] as const

/** What both have is merged, the including file over the included one. */
function importResources(from: Tree, into: Tree, resets: readonly string[][]): void {
  for (const section of sections) {
    const resources = from[section]
    if (!isTree(resources)) continue
    const known = into[section]
    const own = isTree(known) ? known : newTree()
    for (const [name, resource] of Object.entries(resources)) {
      const conflict = own[name]
      if (conflict === undefined) {
        own[name] = resource
        continue
      }
      applyResets(treeOf([[section, treeOf([[name, resource]])]]), resets)
      const both = [resource, conflict].every(isTree)
      own[name] = both
        ? merge(resource as Tree, conflict as Tree, [section, name]) // both are trees
        : conflict === null
          ? resource
          : conflict
    }
    into[section] = own
  }
}
