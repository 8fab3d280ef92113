// What the stages of one load share: where files are, which variables they see, what is left out.
import { posix } from 'node:path'
import { ComposeError } from '../../shared/errors.ts'
import type { Tree, Value } from '../../shared/yaml/tree.ts'
import type { Place, Places } from './places.ts'
import { type FileSource, readOrFail } from './source.ts'
import type { Lookup } from './template.ts'

/** Parts of the pipeline that a caller can leave out. */
export type Part =
  | 'interpolate'
  | 'include'
  | 'extends'
  | 'schema'
  | 'defaults'
  | 'checks'
  | 'paths'
  | 'normalize'
  | 'consistency'
  | 'environment'

/** Each sentence is told once, with the place where it was true first. */
export type Warn = (sentence: string, place?: Place) => void

/** Git and OCI references, fetched before the files are read. */
export interface RemoteFiles {
  accepts(reference: string): boolean
  /** The file that was fetched for it. */
  local(reference: string): string
  /** The folder with all that was fetched together with this file; undefined for files of the host. */
  folderOf?(path: string): string | undefined
}

/** A file to be loaded; without `text` it is read when its turn comes. */
export interface InputFile {
  name: string
  text?: string | undefined
}

/** The pipeline, for the stages that load further files: `include` and `extends` are stages of it themselves. */
export interface Loading {
  /** The model that the files make together. `chain` names the files that include these. */
  model(files: readonly InputFile[], context: LoadContext, chain?: readonly string[]): Tree
  /** `base` with this file merged over it, and the reset tags of its last document. */
  file(
    file: InputFile,
    context: LoadContext,
    base: Tree,
    chain: readonly string[],
  ): { model: Tree; resets: readonly string[][] }
}

export interface LoadContext {
  readonly load: Loading
  readonly source: FileSource
  readonly remote: RemoteFiles
  /** Where the caller stands: paths that were left relative start here. */
  readonly cwd: string
  /** Base of relative paths; of an included file relative to its parent's. */
  readonly workingDir: string
  /** Where the files that this model names are looked for. Absolute. */
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
  readonly skip: ReadonlySet<Part>
  readonly home: string | undefined
  readonly warn: Warn
  /** Every file that was read, by name: errors are looked up there. */
  readonly texts: Map<string, string>
  readonly places: Places
  /** Models that were included before, by everything that makes them differ. */
  readonly included: Map<string, Tree>
  /** Services of files that were extended before. */
  readonly extended: Map<string, ExtendsBase>
}

export interface ExtendsBase {
  services: Tree
  resets: readonly string[][]
}

/** One document of one file, on its way into the model. */
export interface DocumentState {
  readonly context: LoadContext
  readonly file: string
  /** Files that include one another down to here. */
  readonly chain: readonly string[]
  tree: Tree
  readonly resets: readonly string[][]
  /** All that was loaded before; the result of the last stage. */
  model: Tree
}

export function lookupIn(environment: Readonly<Record<string, string>>): Lookup {
  return name => (Object.hasOwn(environment, name) ? environment[name] : undefined)
}

/** Where a file is, and the folder that its relative paths start from, as seen from `folder`. */
export function locate(reference: string, context: LoadContext): { path: string; dir: string } {
  const { remote, folder, source } = context
  if (remote.accepts(reference)) {
    const path = remote.local(reference)
    return { path, dir: posix.dirname(path) }
  }
  return { path: absolute(reference, folder), dir: relativeDir(reference, folder, source) }
}

/** The text of a file that another one names; the error says where. */
export function readNamed(path: string, key: string, by: string, { source, places }: LoadContext): string {
  try {
    return readOrFail(source, path)
  } catch (error) {
    const place = places.find({ file: by, path: key })
    if (!(error instanceof ComposeError) || place === undefined) throw error
    throw new ComposeError(error.code, error.message, { path: `${place} (${key})`, hint: error.hint, cause: error })
  }
}

/** The folder of a path, or the path if it is a folder, relative to `folder`. */
export function relativeDir(reference: string, folder: string, source: FileSource): string {
  const path = absolute(reference, folder)
  const dir = source.kind(path) === 'folder' ? path : absolute(posix.dirname(reference), folder)
  return posix.relative(folder, dir) || '.'
}

export function absolute(path: string, folder: string): string {
  return posix.isAbsolute(path) ? path : posix.join(folder, path)
}

/** Removes from a model what `!reset` and `!override` tags name. */
export function applyResets(value: Value, resets: readonly string[][], path: readonly string[] = []): void {
  if (resets.length === 0) return
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) applyResets(item, resets, [...path, `[${index}]`])
  } else if (typeof value === 'object' && value !== null) {
    const tree = value as Tree // floats and dates have no keys of their own that a path could name
    for (const [key, item] of Object.entries(tree)) {
      const next = [...path, key]
      if (
        resets.some(reset => reset.length === next.length && reset.every((part, i) => part === '*' || part === next[i]))
      )
        delete tree[key]
      else applyResets(item, resets, next)
    }
  }
}
