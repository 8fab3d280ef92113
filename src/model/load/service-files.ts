// Files that services name: `env_file` goes below `environment`, `label_file` below `labels`.
import { ComposeError } from '../../shared/errors.ts'
import { absolute, type LoadContext, lookupIn } from '../files/context.ts'
import { type DotenvOptions, parseDotenv, parseRawEnv } from '../files/dotenv.ts'
import type { Project } from '../project/project.ts'
import type { Service } from '../project/service.ts'
import { newRecord } from '../values/record.ts'

/** Of the enabled services, in place; env files only of those in `names`, if given. */
export function resolveServiceFiles(project: Project, context: LoadContext, names?: readonly string[]): void {
  for (const service of Object.values(project.services)) {
    const named = names?.includes(service.name) ?? true
    if (named && !context.skip.has('environment')) resolveEnvironment(service, project, context)
    resolveLabels(service, context)
  }
}

/** Reads the service's env files; after that it has none. */
function resolveEnvironment(service: Service, project: Project, context: LoadContext): void {
  const outer = lookupIn(project.environment)
  for (const [name, value] of Object.entries(service.environment))
    if (value === null) service.environment[name] = outer(name) ?? null
  if (service.envFile.length === 0) return
  const own = (name: string) =>
    Object.hasOwn(service.environment, name) ? (service.environment[name] ?? undefined) : undefined
  const variables = newRecord<string>()
  for (const [name, value] of Object.entries(service.environment)) if (value !== null) variables[name] = value
  for (const { path, required, format } of service.envFile) {
    const lookup = (name: string) => outer(name) ?? own(name) ?? variables[name]
    const text = readIfThere(path, context)
    if (text !== undefined) parserOf(format)(text, variables, { file: path, lookup, warn: context.warn })
    else if (required !== false)
      throw new ComposeError('not_found', `env file ${path} not found: stat ${path}: no such file or directory`, {
        path: `services.${service.name}.env_file`,
        hint: 'Create it, or write `required: false`.',
      })
  }
  const environment = newRecord<string | null>()
  service.environment = Object.assign(environment, variables, service.environment)
  service.envFile = []
}

function parserOf(format: string | undefined): typeof parseDotenv {
  if (format === undefined || format === '.env') return parseDotenv
  if (format === 'raw') return parseRawEnv
  throw new ComposeError('invalid_argument', `unsupported env_file format ${JSON.stringify(format)}`, {
    hint: 'The only format is raw.',
  })
}

/** Label files see only the variables of each other. */
function resolveLabels(service: Service, context: LoadContext): void {
  if (service.labelFile.length === 0) return
  const labels = newRecord<string>()
  for (const path of service.labelFile) {
    const text = readIfThere(path, context)
    if (text === undefined)
      throw new ComposeError('not_found', `label file ${path} not found: stat ${path}: no such file or directory`, {
        path: `services.${service.name}.label_file`,
      })
    const own = newRecord<string>()
    const options: DotenvOptions = { file: path, lookup: name => labels[name], warn: context.warn }
    parseDotenv(text, own, options)
    Object.assign(labels, own)
  }
  service.labels = Object.assign(labels, service.labels)
}

function readIfThere(path: string, { source, cwd }: LoadContext): string | undefined {
  const file = absolute(path, cwd)
  return source.kind(file) === undefined ? undefined : source.read(file)
}
