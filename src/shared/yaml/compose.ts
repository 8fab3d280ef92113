// Tokens of a document to nodes. The package's parser takes what it can make sense of; what go-yaml refuses is refused
// here, since Compose files are what go-yaml reads.
import type { CST } from 'yaml'
import { blockScalar } from './block-scalar.ts'
import { yamlError } from './error.ts'
import type { LineTable } from './lines.ts'
import type { Mark } from './mark.ts'
import type { MappingNode, Node, ScalarNode, SequenceNode } from './node.ts'
import { nameOf, propertiesIn, type TagPrefixes } from './properties.ts'
import { doubleQuoted, type Fail, plainText, singleQuoted } from './scalars.ts'
import { type Problem, syntaxError } from './syntax-error.ts'
import type { SourceToken, Token } from './tokens.ts'

export interface ComposeContext {
  /** Of the whole text. */
  markOf: LineTable
  end: Mark
  prefixes: TagPrefixes
  /** They live on from one document to the next. */
  anchors: Map<string, Node>
}

/** Deeper than anything written by hand, and far from the end of the stack. */
const maxDepth = 500

export function composeDocument(document: CST.Document, context: ComposeContext): Node {
  const { markOf, end, prefixes, anchors } = context
  let depth = 0
  checkTabs(document.start)
  checkDocumentEnd()
  if (document.value?.type === 'block-map' || document.value?.type === 'block-seq') checkHead(document.value)
  return node(document.value, document.start, markOf(document.start.at(-1)?.offset ?? document.offset))

  /** `before`: what stands between the indicator and the node; `empty`: the place of a node that isn't written. */
  function node(token: Token | null | undefined, before: readonly SourceToken[], empty: Mark): Node {
    const { tag, anchor, offset } = propertiesIn(before, token ? startOf(token) : undefined, prefixes, markOf)
    const start = offset === undefined ? undefined : markOf(offset)
    if (!token) return keep(anchor, scalar('', true, tag, start ?? empty))
    const mark = start ?? markOf(startOf(token))
    switch (token.type) {
      case 'alias': {
        if (start !== undefined) throw syntaxError('noContent', markOf(token.offset), start)
        checkEnd(token.end)
        const name = nameOf(token.source, mark)
        const target = anchors.get(name)
        if (target === undefined) throw yamlError('composer', `unknown anchor '${name}' referenced`, mark)
        return { kind: 'alias', tag: '', target, ...mark }
      }
      case 'scalar':
        checkEnd(token.end)
        return keep(anchor, scalar(plain(token), true, tag, mark))
      case 'single-quoted-scalar':
      case 'double-quoted-scalar': {
        checkEnd(token.end)
        const decode = token.type === 'single-quoted-scalar' ? singleQuoted : doubleQuoted
        return keep(anchor, scalar(decode(token.source, failure(token.offset)), false, tag, mark))
      }
      case 'block-scalar': {
        const head = token.props.find(({ type }) => type === 'block-scalar-header')
        const unexpected = token.props.find(({ type }) => type === 'error')
        if (unexpected) throw syntaxError('blockHead', markOf(unexpected.offset), mark)
        const fail: Fail = (problem, at) => syntaxError(problem, markOf(token.offset + at), mark)
        return keep(anchor, scalar(blockScalar(textOf(head), token.source, token.indent, fail), false, tag, mark))
      }
      case 'block-map':
        return deeper(mark, 'while increasing indent level', () => blockMap(token, anchor, tag, mark))
      case 'block-seq':
        return deeper(mark, 'while increasing indent level', () => blockSequence(token, anchor, tag, mark))
      case 'flow-collection':
        return deeper(mark, 'while increasing flow level', () => flowCollection(token, anchor, tag, mark))
      case 'error':
        // The package's own word for `key: - item`.
        throw syntaxError(/on same line with key/.test(token.message) ? 'nestedEntry' : 'noContent', mark)
      default:
        throw syntaxError('noContent', markOf(token.offset), mark)
    }
  }

  function keep<T extends Node>(anchor: string | undefined, made: T): T {
    if (anchor !== undefined) anchors.set(anchor, made)
    return made
  }

  function deeper<T>(mark: Mark, message: string, make: () => T): T {
    if (++depth > maxDepth) throw yamlError('scanner', `exceeded max depth of ${maxDepth}`, mark, { message, mark })
    const made = make()
    depth--
    return made
  }

  function plain({ source, offset }: CST.FlowScalar): string {
    // What can't begin a text in go-yaml's eyes, and can in the package's.
    if (/^[@`%|>]/.test(source)) throw syntaxError('noStart', markOf(offset))
    if (/^[,\]}]/.test(source)) throw syntaxError('noContent', markOf(offset))
    return plainText(source)
  }

  function failure(offset: number): Fail {
    return (problem, at) => syntaxError(problem, markOf(offset + at), markOf(offset))
  }

  function blockMap(token: CST.BlockMap, anchor: string | undefined, tag: string, mark: Mark): MappingNode {
    const made = keep<MappingNode>(anchor, { kind: 'mapping', tag, items: [], ...mark })
    const { column } = markOf(startOf(token))
    const from = markOf(startOf(token))
    for (const item of token.items) {
      checkTabs(item.start)
      if (isBlank(item)) continue
      const first = markOf(startOfItem(item))
      if (first.column !== column) throw syntaxError('noKey', first, from)
      checkTabs(item.sep ?? [])
      const colon = item.sep?.find(isColon)
      if (!item.explicitKey && !item.key && colon) throw syntaxError('noKey', markOf(colon.offset), from)
      if (!item.explicitKey) checkImplicit(item, colon)
      made.items.push(node(item.key, item.start, first))
      if (!colon && item.value) throw syntaxError('noKey', markOf(startOf(item.value)), from)
      if (!colon) checkEnd(item.sep)
      const after = item.sep?.slice(colon ? item.sep.indexOf(colon) + 1 : 0) ?? []
      made.items.push(node(colon ? item.value : undefined, after, colon ? markOf(colon.offset) : first))
    }
    return made
  }

  /** What stands behind the document's last line is what its outermost block could not take. */
  function checkDocumentEnd(): void {
    const { value, end: after = [] } = document
    const isSequence = value?.type === 'block-seq'
    checkEnd(after, isSequence ? 'noEntry' : 'noKey', value ? markOf(startOf(value)) : undefined)
  }

  /** No block begins on the line of its `---`. */
  function checkHead(value: CST.BlockMap | CST.BlockSequence): void {
    const head = document.start.find(({ type }) => type === 'doc-start')
    if (head === undefined || markOf(head.offset).line !== markOf(startOf(value)).line) return
    const colon = value.items[0]?.sep?.find(isColon)
    throw syntaxError(
      value.type === 'block-map' ? 'nestedValue' : 'nestedEntry',
      markOf(colon?.offset ?? startOf(value)),
    )
  }

  /** `key: value`: one line up to the colon, and no block behind it on that line. */
  function checkImplicit(item: CST.BlockMap['items'][number], colon: SourceToken | undefined): void {
    const first = markOf(startOfItem(item))
    if (!colon) throw syntaxError('noColon', item.key ? nextMark(item) : first, first)
    const colonMark = markOf(colon.offset)
    if (item.key && colonMark.line !== first.line) throw syntaxError('nestedValue', colonMark)
    const { value } = item
    if (value?.type !== 'block-map' && value?.type !== 'block-seq') return
    const begin = markOf(startOf(value))
    if (begin.line !== colonMark.line) return
    if (value.type === 'block-seq') throw syntaxError('nestedEntry', begin)
    const inner = value.items[0]?.sep?.find(isColon)
    throw syntaxError('nestedValue', inner ? markOf(inner.offset) : begin)
  }

  /** Where go-yaml finds that the key had no colon: the next thing that it reads. */
  function nextMark({ key, sep = [] }: CST.BlockMap['items'][number]): Mark {
    const last = sep.at(-1) ?? (key && 'end' in key ? key.end?.at(-1) : undefined)
    return last ? markOf(last.offset + textOf(last).length) : end
  }

  function blockSequence(token: CST.BlockSequence, anchor: string | undefined, tag: string, mark: Mark): SequenceNode {
    const made = keep<SequenceNode>(anchor, { kind: 'sequence', tag, items: [], ...mark })
    const from = markOf(startOf(token))
    for (const item of token.items) {
      checkTabs(item.start)
      if (isBlank(item)) continue
      const dash = item.start.find(({ type }) => type === 'seq-item-ind')
      const first = markOf(startOfItem(item))
      if (!dash || first.column !== from.column) throw syntaxError('noEntry', first, from)
      made.items.push(node(item.value, item.start.slice(item.start.indexOf(dash) + 1), markOf(dash.offset)))
    }
    return made
  }

  function flowCollection(
    token: CST.FlowCollection,
    anchor: string | undefined,
    tag: string,
    mark: Mark,
  ): MappingNode | SequenceNode {
    const isMap = token.start.type === 'flow-map-start'
    const kind = isMap ? 'mapping' : 'sequence'
    const made = keep<MappingNode | SequenceNode>(anchor, { kind, tag, items: [], ...mark })
    const from = markOf(token.start.offset)
    const open: Problem = isMap ? 'openMapping' : 'openSequence'
    for (const [index, item] of token.items.entries()) {
      const commas = item.start.filter(({ type }) => type === 'comma')
      const isLast = index === token.items.length - 1
      const hasNode = item.key || item.value || item.sep?.some(isColon)
      if (!hasNode && isLast && commas.length <= (index === 0 ? 0 : 1) && !hasProperties(item.start)) continue
      if (index > 0 && commas.length === 0) throw syntaxError(open, markOf(startOfItem(item)), from)
      const extra = commas[index === 0 ? 0 : 1]
      if (extra) throw syntaxError('noFlowContent', markOf(extra.offset))
      flowItem(item, made, open, from)
    }
    const closing = token.end.find(({ type }) => type === (isMap ? 'flow-map-end' : 'flow-seq-end'))
    if (!closing) throw syntaxError(open, token.end[0] ? markOf(token.end[0].offset) : end, from)
    checkEnd(token.end.slice(token.end.indexOf(closing) + 1))
    return made
  }

  function flowItem(item: CST.CollectionItem, into: MappingNode | SequenceNode, open: Problem, from: Mark): void {
    const colon = item.sep?.find(isColon)
    const isExplicit = item.start.some(({ type }) => type === 'explicit-key-ind')
    const first = markOf(startOfItem(item))
    for (const part of [item.key, item.value]) {
      // `{a: 1 b: 2}`: the package sees a map of its own behind the first colon.
      const inner = part?.type === 'block-map' ? part.items[0]?.sep?.find(isColon) : undefined
      if (inner) throw syntaxError(open, markOf(inner.offset), from)
      if (part?.type === 'block-seq') throw syntaxError('noFlowContent', markOf(startOf(part)))
    }
    if (colon && !item.key && !isExplicit) throw syntaxError('noFlowContent', markOf(colon.offset))
    if (item.key && item.value && !colon) throw syntaxError(open, markOf(startOf(item.value)), from)
    if (colon && !isExplicit && markOf(colon.offset).line !== first.line)
      throw syntaxError(open, markOf(colon.offset), from)
    if (into.kind === 'sequence' && !colon && !isExplicit) {
      into.items.push(node(item.value ?? item.key, item.start, first))
      return
    }
    const pair: Node[] = [node(item.key ?? (colon ? undefined : item.value), item.start, first)]
    const after = item.sep?.slice(colon ? item.sep.indexOf(colon) + 1 : 0) ?? []
    pair.push(node(colon ? item.value : undefined, colon ? after : [], colon ? markOf(colon.offset) : first))
    if (into.kind === 'mapping') into.items.push(...pair)
    else into.items.push({ kind: 'mapping', tag: '', items: pair, ...first })
  }

  /** Behind a node only blanks and comments may stand on its line. */
  function checkEnd(tokens: readonly Token[] | undefined, problem: Problem = 'noKey', from?: Mark): void {
    for (const { type, offset } of tokens ?? [])
      if (type !== 'space' && type !== 'comment' && type !== 'newline') throw syntaxError(problem, markOf(offset), from)
    checkTabs(tokens ?? [])
  }

  /** Where a block may go on, blanks are spaces. */
  function checkTabs(tokens: readonly Token[]): void {
    let isIndent = false
    for (const token of tokens) {
      const { type, offset } = token
      if (type === 'seq-item-ind' || type === 'explicit-key-ind') isIndent = true
      else if (type !== 'space') isIndent = false
      else {
        isIndent ||= markOf(offset).column === 0
        const tab = textOf(token).indexOf('\t')
        if (isIndent && tab >= 0) throw syntaxError('noStart', markOf(offset + tab))
      }
    }
  }
}

const textOf = (token: Token | undefined) => (token && 'source' in token ? token.source : '')

const isColon = ({ type }: SourceToken) => type === 'map-value-ind'

const hasProperties = (tokens: readonly SourceToken[]) =>
  tokens.some(({ type }) => type === 'anchor' || type === 'tag' || type === 'explicit-key-ind')

/** Comments and empty lines behind the last item. */
function isBlank({ start, key, sep, value }: CST.CollectionItem): boolean {
  return (
    !key && !sep && !value && start.every(({ type }) => type === 'space' || type === 'newline' || type === 'comment')
  )
}

/** Where it begins, its own properties included. */
function startOf(token: Token): number {
  if (token.type !== 'block-map' && token.type !== 'block-seq') return token.offset
  const [first] = token.items
  return first ? startOfItem(first) : token.offset
}

function startOfItem({ start, key, sep = [], value }: CST.CollectionItem): number {
  const written = [...start, ...(key ? [] : sep)].find(
    ({ type }) => type !== 'space' && type !== 'newline' && type !== 'comment' && type !== 'comma',
  )
  if (written) return written.offset
  return key ? startOf(key) : value ? startOf(value) : (start[0]?.offset ?? 0)
}

function scalar(value: string, plain: boolean, tag: string, mark: Mark): ScalarNode {
  return { kind: 'scalar', tag, value, plain, line: mark.line, column: mark.column }
}
