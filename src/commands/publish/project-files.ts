// The Compose files of a project as they are published: byte for byte, but for paths to files that go along, which become
// names. What interpolation fills in stays as it was written.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { isMap, isScalar, isSeq, parseAllDocuments, type YAMLMap } from 'yaml'
import type { PublishedFile } from '../../cli/publish/artifact.ts'
import { substitute } from '../../model/files/template.ts'
import type { Project } from '../../model/project/project.ts'
import { ComposeError, isErrno, messageOf } from '../../shared/errors.ts'

/** Of one service in one file. */
export interface WrittenService {
  name: string
  /** Variables whose value is written out. */
  literals: [key: string, value: string][]
  envFiles: boolean
}

export interface ProjectFiles {
  files: PublishedFile[]
  services: WrittenService[]
}

/** Throws where a file is not one that could be published. */
export function projectFiles(project: Project): ProjectFiles {
  const files: PublishedFile[] = []
  const services: WrittenService[] = []
  const extended = new Map<string, string>()
  const environment = new Map<string, string>()
  const add = (kind: PublishedFile['kind'], name: string, path: string, folder: string) => {
    const { text, found } = rewrite(path, folder)
    files.push({ kind, name, path, content: text })
    services.push(...found)
  }
  for (const path of project.composeFiles) add('compose', fileName(path), path, project.workingDir)
  const done = new Set<string>()
  for (;;) {
    const next = [...extended].find(([path]) => !done.has(path))
    if (!next) break
    const [path, name] = next
    done.add(path)
    add('extended', name, path, dirname(path))
  }
  for (const [path, name] of environment) {
    const content = textOf(path)
    if (content !== undefined) files.push({ kind: 'environment', name, path, content })
  }
  return { files, services }

  function rewrite(path: string, folder: string): { text: string; found: WrittenService[] } {
    const text = path === '-' ? undefined : textOf(path)
    if (text === undefined)
      throw new ComposeError('failed_precondition', `can't publish ${path === '-' ? 'standard input' : path}`, {
        hint: 'write it to a file',
      })
    const changes: { start: number; end: number; text: string }[] = []
    const replace = (node: unknown, suffix: string, names: Map<string, string>) => {
      if (!isScalar(node) || typeof node.value !== 'string' || !node.range) return
      const target = resolve(
        folder,
        substitute(
          node.value,
          key => project.environment[key],
          () => {},
        ),
      )
      // What isn't there was loaded from elsewhere, or is optional.
      if (!existsSync(target)) return
      const name = `${createHash('sha256').update(target).digest('hex')}${suffix}`
      names.set(target, name)
      changes.push({ start: node.range[0], end: node.range[1], text: name })
    }
    const found: WrittenService[] = []
    for (const document of parseAllDocuments(text, { logLevel: 'silent' })) {
      const { contents } = document
      if (!isMap(contents)) continue
      refuseLocalIncludes(contents)
      for (const [name, service] of entriesOf(contents.get('services', true))) {
        if (!isMap(service)) continue
        const envFiles = listOf(service.get('env_file', true))
        for (const item of envFiles) replace(isMap(item) ? item.get('path', true) : item, '.env', environment)
        const extend = service.get('extends', true)
        if (isMap(extend)) replace(extend.get('file', true), '.yaml', extended)
        found.push({ name, literals: literalsOf(service.get('environment', true)), envFiles: envFiles.length > 0 })
      }
    }
    const ordered = changes.sort((a, b) => b.start - a.start)
    return { text: ordered.reduce((all, one) => all.slice(0, one.start) + one.text + all.slice(one.end), text), found }
  }
}

const fileName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    throw new ComposeError('failed_precondition', `can't read ${path}: ${messageOf(error)}`, { path, cause: error })
  }
}

/** An included file's own paths can't be told from those of the file that includes it. */
function refuseLocalIncludes(contents: YAMLMap): void {
  for (const item of listOf(contents.get('include', true))) {
    const paths = isMap(item) ? listOf(item.get('path', true)) : [item]
    for (const path of paths) {
      const text = isScalar(path) ? String(path.value) : ''
      if (!/^oci:\/\/|^https?:\/\/|^git@|\.git(?:[#?]|$)/.test(text))
        throw new ComposeError('failed_precondition', 'cannot publish compose file with local includes', {
          hint: `publish ${text} on its own and include it as oci://…, or merge it with -f`,
        })
    }
  }
}

function entriesOf(node: unknown): [string, unknown][] {
  return isMap(node) ? node.items.map(({ key, value }) => [isScalar(key) ? String(key.value) : '', value]) : []
}

const listOf = (node: unknown): unknown[] =>
  isSeq(node) ? node.items : node === undefined || node === null ? [] : [node]

/** `key: value` or `- key=value`; what has a variable in it is not written out. */
function literalsOf(node: unknown): [string, string][] {
  const pairs: [string, string][] = isMap(node)
    ? entriesOf(node).flatMap(([key, value]) =>
        isScalar(value) && value.value !== null ? [[key, String(value.value)]] : [],
      )
    : listOf(node).flatMap(item => {
        const text = isScalar(item) ? String(item.value) : ''
        const at = text.indexOf('=')
        return at < 0 ? [] : [[text.slice(0, at), text.slice(at + 1)]]
      })
  return pairs.filter(([, value]) => value !== '' && !/\$(?!\$)/.test(value.replaceAll('$$', '')))
}
