// Which files, variables, profiles and name a project has: what the command line, the environment, dotenv
// files and the folder say, by Compose's order of precedence.

import { posix } from 'node:path'
import { ComposeError } from '../../shared/errors.ts'
import { absolute, type RemoteFiles, type Warn } from '../files/context.ts'
import { readEnvFiles } from '../files/env-files.ts'
import { fileNames } from '../files/file-names.ts'
import type { FileSource } from '../files/source.ts'
import { expandHome } from '../stages/paths.ts'

export interface Discovery {
  /** Absolute, or `-`, or a remote reference. */
  files: string[]
  workingDir: string
  /** Those that were named. */
  envFiles: string[]
  environment: Record<string, string>
  profiles: string[]
}

export interface DiscoverInput {
  cwd: string
  env: Readonly<Record<string, string | undefined>>
  files: readonly string[]
  projectDirectory: string | undefined
  envFiles: readonly string[]
  profiles: readonly string[]
  source: FileSource
  remote: RemoteFiles
  warn: Warn
}

const overrideNames = [
  'compose.override.yml',
  'compose.override.yaml',
  'docker-compose.override.yml',
  'docker-compose.override.yaml',
] as const

export function discover(input: DiscoverInput): Discovery {
  const { cwd, env, source } = input
  const environment: Record<string, string> = Object.create(null) as Record<string, string> // has no keys yet
  for (const [name, value] of Object.entries(env)) if (value !== undefined) environment[name] = value
  environment.PWD ??= cwd

  const named = input.envFiles.length > 0 ? input.envFiles : (env.COMPOSE_ENV_FILES ?? '').split(',').filter(Boolean)
  const given = named.map(file => absolute(expandHome(file, env.HOME), cwd))
  const directory = input.projectDirectory ? absolute(input.projectDirectory, cwd) : undefined
  const local = input.files.filter(file => file !== '-' && !input.remote.accepts(file))
  // The file of -f decides where `.env` is; files that are searched for don't, but theirs is read afterwards.
  const before = directory ?? folderOf(local[0], cwd) ?? cwd
  const first = given.length > 0 ? given : defaultEnvFile(before, env, source)
  addMissing(environment, readEnvFiles(first, environment, source, input.warn))

  let files = input.files.map(file => (file === '-' || input.remote.accepts(file) ? file : absolute(file, cwd)))
  if (files.length === 0) files = filesOfVariable(environment, cwd, source)
  if (files.length === 0) files = search(directory ?? cwd, source, input.warn)

  const workingDir =
    directory ??
    folderOf(
      files.find(file => file !== '-'),
      cwd,
      input.remote,
    ) ??
    cwd
  if (given.length === 0) {
    const own = defaultEnvFile(workingDir, env, source)
    addMissing(environment, readEnvFiles(own, environment, source, input.warn))
  }
  const profiles =
    input.profiles.length > 0
      ? [...input.profiles]
      : (environment.COMPOSE_PROFILES ?? '').split(',').map(profile => profile.trim())
  return { files, workingDir, envFiles: given, environment, profiles }
}

function folderOf(file: string | undefined, cwd: string, remote?: RemoteFiles): string | undefined {
  if (file === undefined) return undefined
  if (remote?.accepts(file)) return posix.dirname(remote.local(file))
  return posix.dirname(absolute(file, cwd))
}

function addMissing(environment: Record<string, string>, more: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(more)) if (!Object.hasOwn(environment, name)) environment[name] = value
}

function defaultEnvFile(folder: string, env: DiscoverInput['env'], source: FileSource): string[] {
  const disabled = env.COMPOSE_DISABLE_ENV_FILE
  if (disabled !== undefined && parseBoolean(disabled)) return []
  const file = posix.join(folder, '.env')
  return source.kind(file) === 'file' ? [file] : []
}

/** As Go's ParseBool. */
function parseBoolean(text: string): boolean {
  if (/^(?:1|t|T|TRUE|true|True)$/.test(text)) return true
  if (/^(?:0|f|F|FALSE|false|False)$/.test(text)) return false
  throw new ComposeError('invalid_argument', `strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`, {
    path: 'COMPOSE_DISABLE_ENV_FILE',
  })
}

function filesOfVariable(environment: Readonly<Record<string, string>>, cwd: string, source: FileSource): string[] {
  const value = environment.COMPOSE_FILE
  if (value === undefined) return []
  return value.split(environment.COMPOSE_PATH_SEPARATOR || ':').map(name => {
    if (name === '-') return name
    const path = absolute(name, cwd)
    if (source.kind(path) === undefined)
      throw new ComposeError('not_found', `stat ${path}: no such file or directory`, {
        path,
        hint: 'See COMPOSE_FILE.',
      })
    return path
  })
}

/** From a folder upwards. */
function search(from: string, source: FileSource, warn: (sentence: string) => void): string[] {
  for (let folder = from; ; folder = posix.dirname(folder)) {
    const found = existing(folder, fileNames, source)
    const [winner] = found
    if (winner !== undefined) {
      if (found.length > 1) {
        warn(`Found multiple config files with supported names: ${found.join(', ')}`)
        warn(`Using ${winner}`)
      }
      const overrides = existing(folder, overrideNames, source)
      const [override] = overrides
      if (override !== undefined && overrides.length > 1) {
        warn(`Found multiple override files with supported names: ${overrides.join(', ')}`)
        warn(`Using ${override}`)
      }
      return override === undefined ? [winner] : [winner, override]
    }
    if (folder === posix.dirname(folder)) return []
  }
}

function existing(folder: string, names: readonly string[], source: FileSource): string[] {
  return names.map(name => posix.join(folder, name)).filter(path => source.kind(path) !== undefined)
}
