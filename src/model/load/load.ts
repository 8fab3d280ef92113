// The one way from Compose files to a Project.
import { ComposeError } from '../../shared/errors.ts'
import type { Tree } from '../../shared/yaml/tree.ts'
import { type InputFile, type LoadContext, lookupIn, type Part, type RemoteFiles } from '../files/context.ts'
import { locateError, type Place, placesIn } from '../files/places.ts'
import { checkModelConfined } from '../files/remote/confine.ts'
import { type RemoteLoader, remoteLoader, withRemoteFiles } from '../files/remote/remote.ts'
import { type FileSource, fileSystem, readOrFail } from '../files/source.ts'
import type { Project } from '../project/project.ts'
import { normalize } from '../stages/normalize.ts'
import { pipeline } from '../stages/pipeline.ts'
import { type Discovery, discover } from './discover.ts'
import { buildProject } from './project-build.ts'
import { projectNameOf } from './project-name.ts'

export { selectServices } from '../project/select.ts'

/** What the command line and its surroundings say about the project. */
export interface LoadOptions {
  /** Absolute; relative paths below are taken from here. */
  cwd: string
  /** The caller's variables, COMPOSE_* among them. */
  env: Readonly<Record<string, string | undefined>>
  /** `-f`, `-` is standard input. Empty: COMPOSE_FILE, or a search from `cwd` upwards. */
  files?: readonly string[] | undefined
  projectName?: string | undefined
  projectDirectory?: string | undefined
  /** `--env-file`. Empty: COMPOSE_ENV_FILES, or `.env`. */
  envFiles?: readonly string[] | undefined
  /** `--profile`, instead of COMPOSE_PROFILES. */
  profiles?: readonly string[] | undefined
  /** Services named by the command: their profiles become active, others are disabled. */
  services?: readonly string[] | undefined
  /** `--compatibility`, beside COMPOSE_COMPATIBILITY. */
  compatibility?: boolean | undefined
  /** Keep resources that no service uses. */
  allResources?: boolean | undefined
  /** Only these services' env files are read; default: all enabled ones'. */
  envFilesOf?: readonly string[] | undefined
  /** Parts of loading to leave out, as `config` can. */
  skip?: readonly Part[] | undefined
  /** Default: the file system. */
  source?: FileSource | undefined
  /** Default: git and registries. */
  remote?: RemoteLoader | undefined
  /** `--insecure-registry`: registries of `oci://` files that are asked over HTTP. */
  insecureRegistries?: readonly string[] | undefined
}

/** Loads, merges and checks. Throws nothing but ComposeError; warnings are in the result. */
export async function loadProject(options: LoadOptions): Promise<Project> {
  const loaded = await loadFiles(options)
  const { name, discovery, context, warnings, model, composeFiles } = loaded
  const { COMPOSE_COMPATIBILITY: compatibility = '' } = context.environment
  const isCompatible = options.compatibility || /^\s*(?:1|t|true|y)\s*$/i.test(compatibility)
  const separator: Project['separator'] = isCompatible ? '_' : '-'
  const facts = { name, separator, composeFiles, envFiles: discovery.envFiles, workingDir: discovery.workingDir }
  const choice = { profiles: discovery.profiles, services: options.services ?? [] }
  const { allResources = false, envFilesOf } = options
  return locating(context, () =>
    buildProject(model, { ...facts, ...choice, allResources, envFilesOf }, context, warnings),
  )
}

/** Adds to errors where in the files they stand. */
function locating<T>({ places }: LoadContext, run: () => T): T {
  try {
    return run()
  } catch (error) {
    // The stack has ended: defaults in defaults of variables go as deep as their author likes.
    if (error instanceof RangeError)
      throw new ComposeError('invalid_argument', 'a value of the Compose files is nested too deeply', { cause: error })
    throw locateError(error, places)
  }
}

/** A model before it becomes a Project, and what is needed for that. */
export interface LoadedModel {
  model: Tree
  name: string
  composeFiles: string[]
  discovery: Discovery
  context: LoadContext
  warnings: string[]
}

/** The merged model of the files; what `config --no-interpolate` and `--variables` show. */
export function loadFiles(options: LoadOptions): Promise<LoadedModel> {
  const { env, insecureRegistries } = options
  const loader = options.remote ?? remoteLoader({ env, insecureRegistries })
  return withRemoteFiles(loader, remote => loadLocalFiles(options, remote))
}

/** Does not wait; stops at remote files that were not fetched. */
function loadLocalFiles(options: LoadOptions, remote: RemoteFiles): LoadedModel {
  const { cwd, env, source = fileSystem() } = options
  const texts = new Map<string, string>()
  const places = placesIn(texts)
  const warnings: string[] = []
  const said = new Set<string>()
  const warn = (sentence: string, place?: Place) => {
    if (said.has(sentence)) return
    said.add(sentence)
    const where = place && places.find(place)
    warnings.push(where === undefined ? sentence : `${sentence} (${where})`)
  }
  const discovery = discover({
    cwd,
    env,
    files: options.files ?? [],
    projectDirectory: options.projectDirectory,
    envFiles: options.envFiles ?? [],
    profiles: options.profiles ?? [],
    source,
    remote,
    warn,
  })
  const { environment, workingDir } = discovery
  if (discovery.files.length === 0)
    throw new ComposeError('not_found', 'no configuration file provided: not found', {
      path: workingDir,
      hint: 'Write a compose.yaml here, or name one with -f.',
    })
  const skip = new Set(options.skip)
  const files = discovery.files.map((file): InputFile => {
    const name = remote.accepts(file) ? remote.local(file) : file
    const text = file === '-' ? source.stdin() : readOrFail(source, name)
    texts.set(name, text)
    return { name, text }
  })
  const name = projectNameOf({
    flag: options.projectName ?? '',
    environment,
    workingDir,
    files,
    lookup: lookupIn(environment),
    uninterpolated: skip.has('interpolate'),
    verbatim: skip.has('normalize'),
    warn,
  })
  environment.COMPOSE_PROJECT_NAME = name
  const context: LoadContext = {
    load: pipeline,
    source,
    remote,
    cwd,
    workingDir,
    folder: workingDir,
    // A model that keeps its variables has not met the caller's.
    environment: skip.has('interpolate') ? { COMPOSE_PROJECT_NAME: name } : environment,
    skip,
    home: env.HOME,
    warn,
    texts,
    places,
    included: new Map(),
    extended: new Map(),
  }
  const model = locating(context, () => {
    const merged = pipeline.model(files, context)
    const [first] = files
    const fetched = discovery.files.every(file => remote.accepts(file))
    if (first !== undefined && fetched) checkModelConfined(merged, first.name, context)
    if (Object.keys(merged).length === 0) throw new ComposeError('invalid_argument', 'empty compose file')
    if (name === '' && !skip.has('schema'))
      throw new ComposeError('invalid_argument', 'project name must not be empty', { hint: 'Name it with -p.' })
    if (skip.has('normalize')) return merged
    merged.name = name
    return normalize(merged, context.environment)
  })
  return { model, name, composeFiles: files.map(file => file.name), discovery, context, warnings }
}
