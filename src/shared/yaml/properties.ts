// Anchors and tags before a node, and the directives that give tags their prefixes.
import type { Mark } from './mark.ts'
import { syntaxError } from './syntax-error.ts'
import type { SourceToken } from './tokens.ts'

export interface Properties {
  /** Empty where none was written. */
  tag: string
  anchor: string | undefined
  /** Where the first of them begins. */
  offset: number | undefined
}

export type TagPrefixes = ReadonlyMap<string, string>

const defaultPrefixes: readonly [handle: string, prefix: string][] = [
  ['!', '!'],
  ['!!', 'tag:yaml.org,2002:'],
]

/** Of the tokens between an indicator and a node, which begins at `node`; `markOf` is for errors. */
export function propertiesIn(
  tokens: readonly SourceToken[],
  node: number | undefined,
  prefixes: TagPrefixes,
  markOf: (offset: number) => Mark,
): Properties {
  const found: Properties = { tag: '', anchor: undefined, offset: undefined }
  for (const [index, { type, source, offset }] of tokens.entries()) {
    if (type !== 'anchor' && type !== 'tag') continue
    const next = tokens[index + 1]
    const touches = next ? next.type !== 'space' && next.type !== 'newline' : offset + source.length === node
    if (touches)
      throw syntaxError(type === 'tag' ? 'tagEnd' : 'anchorName', markOf(offset + source.length), markOf(offset))
    found.offset ??= offset
    const isSecond = type === 'anchor' ? found.anchor !== undefined : found.tag !== ''
    if (isSecond) throw syntaxError('noContent', markOf(offset), markOf(found.offset))
    if (type === 'tag') found.tag = tagOf(source, prefixes, markOf(offset))
    else found.anchor = nameOf(source, markOf(offset))
  }
  return found
}

/** Of an anchor or an alias, without its sign. */
export function nameOf(source: string, mark: Mark): string {
  const name = source.slice(1)
  if (!/^[\x21-\x7e]+$/.test(name) || /[[\]{},:]/.test(name)) throw syntaxError('anchorName', mark)
  return name
}

function tagOf(source: string, prefixes: TagPrefixes, mark: Mark): string {
  const wrong = /[^\w;/?:@&=+$.!~*'()%<>-]/.exec(source)
  if (wrong && !source.startsWith('!<'))
    throw syntaxError('tagLetter', { ...mark, column: mark.column + wrong.index }, mark)
  const verbatim = /^!<(.+)>$/.exec(source)?.[1]
  if (verbatim !== undefined) return decoded(verbatim, mark)
  if (source === '!') return source
  const [, handle = '!', suffix = source.slice(1)] = /^(!\w*!)(.*)$/.exec(source) ?? []
  if (suffix === '') throw syntaxError('tagText', mark)
  const prefix = prefixes.get(handle)
  if (prefix === undefined) throw syntaxError('undefinedHandle', mark)
  return prefix + decoded(suffix, mark)
}

function decoded(uri: string, mark: Mark): string {
  try {
    return decodeURIComponent(uri)
  } catch {
    throw syntaxError('tagText', mark)
  }
}

/** Lines that begin with %, before a document. */
export function prefixesOf(directives: readonly { source: string; mark: Mark }[]): TagPrefixes {
  const prefixes = new Map<string, string>()
  let versioned = false
  for (const { source, mark } of directives) {
    const [name, first = '', second = ''] = source
      .replace(/\s#.*$/, '')
      .trim()
      .split(/\s+/)
    if (name === '%YAML') {
      if (versioned) throw syntaxError('twoVersions', mark)
      if (first !== '1.1') throw syntaxError('version', mark)
      versioned = true
    } else if (name === '%TAG') {
      if (prefixes.has(first)) throw syntaxError('twoHandles', mark)
      prefixes.set(first, second)
    } else throw syntaxError('unknownDirective', mark)
  }
  for (const [handle, prefix] of defaultPrefixes) if (!prefixes.has(handle)) prefixes.set(handle, prefix)
  return prefixes
}
