// Where things stand in the files. Loading keeps no positions, which costs nothing when all is well; for an
// error or a warning the files are parsed once more and the key is looked up.
import { ComposeError } from '../../shared/errors.ts'
import type { Node } from '../../shared/yaml/node.ts'
import { parseDocuments } from '../../shared/yaml/parser.ts'

/** What a sentence is about, as far as the one who says it knows. */
export interface Place {
  file?: string | undefined
  /** Of a dotenv file. */
  line?: number | undefined
  /** Keys and indices with dots between them; an item of a list may be named by its text, or by `[]` for any. */
  path?: string | undefined
}

export interface Places {
  /** `file:line:column` of the deepest key along the path; undefined: none of the files has its beginning. */
  find(place: Place): string | undefined
}

export function placesIn(texts: ReadonlyMap<string, string>): Places {
  const parsed = new Map<string, Node[]>()
  const documents = (file: string, text: string) => {
    const known = parsed.get(file) ?? parseAll(text)
    parsed.set(file, known)
    return known
  }
  return {
    find({ file, line, path }) {
      if (path === undefined) return file && (line === undefined ? file : `${file}:${line}`)
      const keys = normalize(path)
      let best: { file: string; found: Found } | undefined
      // Of equals the file that was read last: it is the one at work.
      for (const [name, text] of [...texts].reverse()) {
        if (file !== undefined && name !== file) continue
        for (const document of documents(name, text)) {
          const found = walk(document, keys, 0)
          if (found !== undefined && found.depth > (best?.found.depth ?? 0)) best = { file: name, found }
        }
      }
      return best && `${best.file}:${best.found.node.line + 1}:${best.found.node.column + 1}`
    },
  }
}

/** The error with file, line and column before its key path, if one of the files has that key. */
export function locateError(error: unknown, places: Places): unknown {
  if (!(error instanceof ComposeError) || error.path === undefined || !/^[a-z]+(?:\.|\[|$)/.test(error.path))
    return error
  const place = places.find({ path: error.path })
  if (place === undefined) return error
  const { code, message, path, hint, cause } = error
  return new ComposeError(code, message, { path: `${place} (${path})`, hint, cause })
}

/** `services[a].ports[0]` is another way to write `services.a.ports.0`. */
function normalize(path: string): string {
  return path.replace(/\[([^\]]+)\]/g, '.$1')
}

function parseAll(text: string): Node[] {
  const documents: Node[] = []
  try {
    for (const document of parseDocuments(text.replace(/^\ufeff/, ''))) documents.push(document)
  } catch {
    // Only an error that parsing met can be here again, and it has its place already.
  }
  return documents
}

interface Found {
  node: Node
  /** How much of the path was followed. */
  depth: number
}

function walk(node: Node, path: string, depth: number): Found | undefined {
  const target = node.kind === 'alias' ? node.target : node
  if (target.kind === 'sequence') return walkList(target.items, path, depth)
  return target.kind === 'mapping' ? walkMap(target.items, path, depth) : undefined
}

function walkMap(items: readonly Node[], path: string, depth: number): Found | undefined {
  let best: Found | undefined
  for (let i = 0; i < items.length; i += 2) {
    const [key, value] = [items[i], items[i + 1]]
    if (key?.kind !== 'scalar' || value === undefined) continue
    const { value: name } = key
    if (path !== name && !path.startsWith(`${name}.`)) continue
    const deeper = depth + name.length + 1
    const found = walk(value, path.slice(name.length + 1), deeper) ?? { node: key, depth: deeper }
    if (found.depth > (best?.depth ?? 0)) best = found
  }
  return best
}

function walkList(items: readonly Node[], path: string, depth: number): Found | undefined {
  const [index = ''] = path.split('.', 1)
  const [rest, deeper] = [path.slice(index.length + 1), depth + index.length + 1]
  if (index === '[]')
    return items
      .map(item => walk(item, rest, deeper) ?? { node: item, depth: deeper })
      .reduce<Found | undefined>(
        (best, found) => (best !== undefined && best.depth >= found.depth ? best : found),
        undefined,
      )
  const item = /^\d+$/.test(index) ? items[Number(index)] : undefined
  if (item !== undefined) return walk(item, rest, deeper) ?? { node: item, depth: deeper }
  const named = path === '' ? undefined : items.find(one => isNamed(one, path))
  return named && { node: named, depth: depth + path.length + 1 }
}

/** `data:/var`, `KEY=value` or `{source: data}`, looked for as `data` or `KEY`. */
function isNamed(node: Node, name: string): boolean {
  const target = node.kind === 'alias' ? node.target : node
  if (target.kind === 'scalar')
    return target.value === name || (/^[:=]/.test(target.value.slice(name.length)) && target.value.startsWith(name))
  if (target.kind !== 'mapping') return false
  return target.items.some((key, i) => {
    const value = target.items[i + 1]
    return (
      i % 2 === 0 && key.kind === 'scalar' && key.value === 'source' && value?.kind === 'scalar' && value.value === name
    )
  })
}
