// Projects from texts, for tests: files in memory, below /project.
import { type AnswerOptions, configAnswer } from '../src/commands/config/answer.ts'
import type { FileSource } from '../src/model/files/source.ts'
import { type LoadOptions, loadProject } from '../src/model/load/load.ts'
import type { Project } from '../src/model/project/project.ts'
import type { Service } from '../src/model/project/service.ts'

export type Files = Readonly<Record<string, string>>

/** A text alone is compose.yaml; names are relative to /project. */
export function inMemory(files: Files | string, options: Partial<AnswerOptions> = {}): AnswerOptions {
  const given = typeof files === 'string' ? { 'compose.yaml': files } : files
  const absolute = Object.fromEntries(
    Object.entries(given).map(([name, text]) => [name.startsWith('/') ? name : `/project/${name}`, text]),
  )
  return { cwd: '/project', env: { HOME: '/home/me' }, source: filesInMemory(absolute), ...options }
}

export function projectOf(files: Files | string, options: Partial<LoadOptions> = {}): Promise<Project> {
  return loadProject(inMemory(files, options))
}

/** The service `a` with these attributes; each line is indented below it. */
export async function serviceOf(attributes: string, rest = ''): Promise<Service> {
  const { services } = await projectOf(serviceText(attributes, rest))
  const service = services.a
  if (service === undefined) throw new Error('no service a')
  return service
}

export function serviceText(attributes: string, rest = ''): string {
  const image = /^(?:image|build|provider):/m.test(attributes) ? '' : '    image: shop/a\n'
  const lines = attributes.trim().split('\n')
  return `services:\n  a:\n${image}${lines.map(line => `    ${line}\n`).join('')}${rest}`
}

/** What is said on standard error when these files are refused. */
export async function refusalOf(files: Files | string, options: Partial<AnswerOptions> = {}): Promise<string> {
  const { stdout, stderr, exit } = await configAnswer(inMemory(files, options))
  if (exit === 0) throw new Error(`accepted:\n${stdout}`)
  return stderr
}

/** The same of one service's attributes. */
export function refusalOfService(attributes: string, rest = ''): Promise<string> {
  return refusalOf(serviceText(attributes, rest))
}

/** The output of `config`. */
export async function configOf(files: Files | string, options: Partial<AnswerOptions> = {}): Promise<string> {
  const { stdout, stderr, exit } = await configAnswer(inMemory(files, options))
  if (exit !== 0) throw new Error(stderr)
  return stdout
}

/** A source of the files of a map: absolute path to content. */
export function filesInMemory(files: Readonly<Record<string, string>>, stdin = ''): FileSource {
  return {
    read: path => (Object.hasOwn(files, path) ? files[path] : undefined),
    kind(path) {
      if (Object.hasOwn(files, path)) return 'file'
      return Object.keys(files).some(name => name.startsWith(`${path}/`)) ? 'folder' : undefined
    },
    stdin: () => stdin,
  }
}
