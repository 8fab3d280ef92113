// The one way from Compose files to a Project.
import { ComposeError } from '../shared/errors.ts'
import type { Project } from './project.ts'

/** Where files come from: the file system, or a map in a test. Paths are absolute. */
export interface FileSource {
  /** Undefined when there is no such file; throws ComposeError when it cannot be read. */
  read(path: string): string | undefined
  kind(path: string): 'file' | 'folder' | undefined
  stdin(): string
}

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
  /** `--profile`, besides COMPOSE_PROFILES. */
  profiles?: readonly string[] | undefined
  /** Services named by the command: their profiles become active. */
  services?: readonly string[] | undefined
  /** Keep resources that no service uses. */
  allResources?: boolean | undefined
  /** Default: the file system. */
  source?: FileSource | undefined
}

/** Loads, merges and checks. Throws nothing but ComposeError; warnings are in the result. */
export async function loadProject(options: LoadOptions): Promise<Project> {
  throw new ComposeError('not_implemented', `loading a project in ${options.cwd}`)
}

/**
 * The project with only these services enabled, and unless told otherwise what they depend on.
 * No names: the project as it is.
 */
export function selectServices(
  project: Project,
  names: readonly string[],
  options: { dependencies?: 'include' | 'dependents' | 'ignore' } = {},
): Project {
  throw new ComposeError(
    'not_implemented',
    `selecting ${names.join(', ')} in ${project.name}${options.dependencies ?? ''}`,
  )
}
