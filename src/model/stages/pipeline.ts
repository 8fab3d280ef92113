// The order of everything that happens to a Compose file: these two lists are its documentation.
import { ComposeError } from '../../shared/errors.ts'
import { construct } from '../../shared/yaml/construct.ts'
import { constructError } from '../../shared/yaml/error.ts'
import { yamlHint } from '../../shared/yaml/hint.ts'
import type { Node } from '../../shared/yaml/node.ts'
import { parseDocuments } from '../../shared/yaml/parser.ts'
import { takeResetTags } from '../../shared/yaml/reset-tags.ts'
import { isTree, newTree, type Tree } from '../../shared/yaml/tree.ts'
import {
  applyResets,
  type DocumentState,
  type InputFile,
  type LoadContext,
  type Loading,
  lookupIn,
  type Part,
} from '../files/context.ts'
import { readOrFail } from '../files/source.ts'
import { toCanonical } from './canonical.ts'
import { checkAttributes } from './checks.ts'
import { setDefaults } from './defaults.ts'
import { warnOfDropped } from './dropped.ts'
import { applyEnvironment } from './environment.ts'
import { applyExtends } from './extends.ts'
import { applyInclude } from './include.ts'
import { interpolate } from './interpolate.ts'
import { merge } from './merge.ts'
import { resolvePaths } from './paths.ts'
import { removeDuplicates } from './unicity.ts'
import { validate } from './validate.ts'

interface Stage<State> {
  /** Stages without a part cannot be left out. */
  part?: Part
  run(state: State): void
}

/** For each document of each file, after parsing: from text to one model with all files before it. */
const perDocument: readonly Stage<DocumentState>[] = [
  { part: 'interpolate', run: interpolateStage },
  { run: ({ tree, file, context }) => warnOfDropped(tree, (sentence, path) => context.warn(sentence, { file, path })) },
  { part: 'include', run: applyInclude },
  { run: state => applyResets(state.model, state.resets) },
  { part: 'extends', run: applyExtends },
  { run: mergeStage },
  { run: unicityStage },
  { part: 'schema', run: schemaStage },
  { run: canonicalStage },
  // Ranges of ports are single ports now.
  { run: unicityStage },
]

interface ModelState {
  readonly context: LoadContext
  model: Tree
}

/** Once for all files of a project, and for those of an include. What follows needs the project's name. */
const perModel: readonly Stage<ModelState>[] = [
  { part: 'defaults', run: ({ model }) => setDefaults(model) },
  { part: 'checks', run: ({ model }) => checkAttributes(model) },
  { part: 'paths', run: pathsStage },
  { run: ({ model, context }) => applyEnvironment(model, context.environment) },
]

export const pipeline: Loading = { model: loadModel, file: loadFile }

function loadModel(files: readonly InputFile[], context: LoadContext, chain: readonly string[] = []): Tree {
  let model = newTree()
  for (const file of files) model = loadFile(file, context, model, chain).model
  const state: ModelState = { context, model }
  run(perModel, state, context.skip)
  return state.model
}

function loadFile(
  file: InputFile,
  context: LoadContext,
  base: Tree,
  chain: readonly string[],
): { model: Tree; resets: readonly string[][] } {
  const text = file.text ?? readOrFail(context.source, file.name)
  // In the order of reading: places are looked for in the last one first.
  context.texts.delete(file.name)
  context.texts.set(file.name, text)
  let model = base
  let resets: readonly string[][] = []
  for (const { tree, resets: tags } of parseFile(text, file.name)) {
    resets = tags
    const state: DocumentState = { context, file: file.name, chain, tree, resets, model }
    run(perDocument, state, context.skip)
    model = state.model
  }
  return { model, resets }
}

function run<State>(stages: readonly Stage<State>[], state: State, skip: ReadonlySet<Part>): void {
  for (const stage of stages) if (stage.part === undefined || !skip.has(stage.part)) stage.run(state)
}

function* parseFile(text: string, file: string): Generator<{ tree: Tree; resets: string[][] }> {
  const documents = parsing(file, () => parseDocuments(checkCharacters(text)))
  // Tags and aliases are what this looks for; most files have neither.
  const takeTags = /[!*]/.test(text) ? takeResetTags : () => []
  for (;;) {
    const next = parsing(file, () => documents.next())
    if (next.done === true) return
    const { tree, resets } = parsing(file, () => {
      const tags = takeTags(next.value)
      return { tree: construct(next.value), resets: tags }
    })
    if (!isTree(tree)) throw notAMap(next.value, file)
    yield { tree, resets }
  }
}

/** The sentence for text and lists is Compose's, Go type and all; the hint says what it means. */
function notAMap(node: Node, file: string): ComposeError {
  const problem = 'top-level object must be a mapping'
  const at = { path: `${file}:${node.line + 1}:${node.column + 1}`, hint: `${problem}: services, networks and so on` }
  if (node.kind === 'sequence') return constructError('cannot construct !!seq into cli.named', node, node, at)
  if (node.kind !== 'scalar' || typeof construct(node) !== 'string')
    return new ComposeError('invalid_argument', problem, at)
  const text = node.value.length > 10 ? `${node.value.slice(0, 7)}...` : node.value
  return constructError(`cannot construct !!str \`${text}\` into cli.named`, node, node, at)
}

/** An error of the parser, with the file's name. */
function parsing<T>(file: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof ComposeError)) throw error
    const sentence = error.message.startsWith('non-string key')
      ? error.message
      : `failed to parse ${file}: ${error.message}`
    throw new ComposeError(error.code, sentence, {
      path: `${file}:${error.path ?? ''}`,
      hint: error.hint ?? yamlHint(error.message),
      cause: error,
    })
  }
}

function checkCharacters(text: string): string {
  const control = /[^\t\n\r\x20-\ud7ff\ud800-\udfff\ue000-\ufffd]/.exec(text)
  if (control === null) return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  const value = control[0].charCodeAt(0)
  throw new ComposeError(
    'invalid_argument',
    `go-yaml load error in reader at <unknown position>: control characters are not allowed (value: ${value})`,
  )
}

function interpolateStage(state: DocumentState): void {
  const { environment, warn } = state.context
  const { file } = state
  interpolate(state.tree, lookupIn(environment), (sentence, path) => warn(sentence, { file, path }))
}

function mergeStage(state: DocumentState): void {
  state.model = merge(state.model, state.tree)
}

function unicityStage(state: DocumentState): void {
  removeDuplicates(state.model)
}

function schemaStage({ model, file, context }: DocumentState): void {
  validate(model, file)
  if (!('version' in model)) return
  context.warn(
    `${file}: the attribute \`version\` is obsolete, it will be ignored, please remove it to avoid potential confusion`,
    { file, path: 'version' },
  )
  delete model.version
}

function canonicalStage({ model, file, context }: DocumentState): void {
  const warn = (sentence: string, path: string) => context.warn(sentence, { file, path })
  toCanonical(model, { lenient: context.skip.has('interpolate'), warn })
}

function pathsStage({ model, context }: ModelState): void {
  resolvePaths(model, {
    workingDir: context.workingDir,
    home: context.home,
    followLink: path => context.source.followLink?.(path) ?? path,
    isRemote: reference => context.remote.accepts(reference),
  })
}
