// Tokens to nodes: the grammar of YAML by recursive descent, one document at a time.

import { yamlError } from './error.ts'
import type { Mark } from './mark.ts'
import type { AliasNode, MappingNode, Node, ScalarNode, SequenceNode } from './node.ts'
import { Scanner } from './scanner.ts'
import type { Token } from './token.ts'

/** The documents of a stream, each parsed when it is asked for. Anchors live on from one to the next. */
export function* parseDocuments(text: string): Generator<Node> {
  const scanner = new Scanner(text)
  const anchors = new Map<string, Node>()
  for (let first = true; ; first = false) {
    if (!first) while (scanner.peek().type === 'document-end') scanner.skip()
    const token = scanner.peek()
    if (token.type === 'stream-end') return
    const explicit = isDocumentHead(token)
    const parser = new Parser(scanner, anchors, first || explicit ? readDirectives(scanner) : undefined)
    yield parser.document(explicit || !first)
  }
}

type Tags = Map<string, string>

const defaultTags: readonly [string, string][] = [
  ['!', '!'],
  ['!!', 'tag:yaml.org,2002:'],
]

function isDocumentHead({ type }: Token): boolean {
  return type === 'yaml-directive' || type === 'tag-directive' || type === 'document-start'
}

function readDirectives(scanner: Scanner): Tags {
  const tags: Tags = new Map()
  let versioned = false
  for (let token = scanner.peek(); ; token = scanner.peek()) {
    if (token.type === 'yaml-directive') {
      if (versioned) throw yamlError('parser', 'found duplicate %YAML directive', token)
      if (token.version !== '1.1') throw yamlError('parser', 'found incompatible YAML document', token)
      versioned = true
    } else if (token.type === 'tag-directive') {
      if (tags.has(token.handle)) throw yamlError('parser', 'found duplicate %TAG directive', token)
      tags.set(token.handle, token.prefix)
    } else break
    scanner.skip()
  }
  for (const [handle, prefix] of defaultTags) if (!tags.has(handle)) tags.set(handle, prefix)
  return tags
}

class Parser {
  private readonly scanner: Scanner
  private readonly anchors: Map<string, Node>
  private readonly tags: Tags

  constructor(scanner: Scanner, anchors: Map<string, Node>, tags: Tags | undefined) {
    this.scanner = scanner
    this.anchors = anchors
    this.tags = tags ?? new Map(defaultTags)
  }

  document(explicit: boolean): Node {
    let token = this.scanner.peek()
    if (explicit) {
      if (token.type !== 'document-start') throw yamlError('parser', 'did not find expected <document start>', token)
      this.scanner.skip()
      token = this.scanner.peek()
      if (isDocumentHead(token) || token.type === 'document-end' || token.type === 'stream-end') return empty(token)
    }
    return this.node('block')
  }

  private node(context: 'block' | 'flow', indentless = false): Node {
    const { scanner } = this
    let token = scanner.peek()
    if (token.type === 'alias') {
      const target = this.anchors.get(token.value)
      if (target === undefined) throw yamlError('composer', `unknown anchor '${token.value}' referenced`, token)
      scanner.skip()
      return { kind: 'alias', tag: '', target, line: token.line, column: token.column } satisfies AliasNode
    }
    const start = token
    let tag = ''
    let anchor: string | undefined
    for (let i = 0; i < 2; i++) {
      if (token.type === 'anchor' && anchor === undefined) anchor = token.value
      else if (token.type === 'tag' && tag === '') tag = this.resolveTag(token.handle, token.suffix, start, token)
      else break
      scanner.skip()
      token = scanner.peek()
    }
    const keep = <T extends Node>(node: T): T => {
      if (anchor !== undefined) this.anchors.set(anchor, node)
      return node
    }
    const mark = { line: start.line, column: start.column }
    switch (token.type) {
      case 'scalar':
        scanner.skip()
        return keep({ kind: 'scalar', tag, value: token.value, plain: token.plain, ...mark } satisfies ScalarNode)
      case 'block-entry':
        if (indentless) return this.sequence(keep(newSequence(tag, mark)), 'indentless')
        break
      case 'block-sequence-start':
        if (context === 'block') return this.sequence(keep(newSequence(tag, mark)), 'block')
        break
      case 'block-mapping-start':
        if (context === 'block') return this.mapping(keep(newMapping(tag, mark)))
        break
      case 'flow-sequence-start':
        return this.flowSequence(keep(newSequence(tag, mark)))
      case 'flow-mapping-start':
        return this.flowMapping(keep(newMapping(tag, mark)))
    }
    if (anchor !== undefined || tag !== '') return keep({ ...empty(start), tag })
    throw yamlError('parser', 'did not find expected node content', token, {
      message: `while parsing a ${context} node`,
      mark: start,
    })
  }

  private resolveTag(handle: string, suffix: string, start: Mark, at: Mark): string {
    if (handle === '') return suffix
    const prefix = this.tags.get(handle)
    if (prefix !== undefined) return prefix + suffix
    throw yamlError('parser', 'found undefined tag handle', at, { message: 'while parsing a node', mark: start })
  }

  private sequence(node: SequenceNode, form: 'block' | 'indentless'): SequenceNode {
    const { scanner } = this
    const start = scanner.peek()
    if (form === 'block') scanner.skip()
    for (let token = scanner.peek(); token.type === 'block-entry'; token = scanner.peek()) {
      scanner.skip()
      const { type } = scanner.peek()
      const ends = type === 'block-entry' || type === 'block-end'
      const endsIndentless = form === 'indentless' && (type === 'key' || type === 'value')
      node.items.push(ends || endsIndentless ? empty(token) : this.node('block'))
    }
    if (form === 'indentless') return node
    const token = scanner.peek()
    if (token.type !== 'block-end')
      throw yamlError('parser', "did not find expected '-' indicator", token, {
        message: 'while parsing a block collection',
        mark: start,
      })
    scanner.skip()
    return node
  }

  private mapping(node: MappingNode): MappingNode {
    const { scanner } = this
    const start = scanner.peek()
    scanner.skip()
    for (let token = scanner.peek(); token.type !== 'block-end'; token = scanner.peek()) {
      if (token.type !== 'key')
        throw yamlError('parser', 'did not find expected key', token, {
          message: 'while parsing a block mapping',
          mark: start,
        })
      scanner.skip()
      node.items.push(this.blockPart(token))
      const value = scanner.peek()
      if (value.type === 'value') {
        scanner.skip()
        node.items.push(this.blockPart(value))
      } else node.items.push(empty(value))
    }
    scanner.skip()
    return node
  }

  /** What follows `?` or `:` in a block mapping, possibly nothing. */
  private blockPart(after: Token): Node {
    const { type } = this.scanner.peek()
    return type === 'key' || type === 'value' || type === 'block-end' ? empty(after) : this.node('block', true)
  }

  private flowSequence(node: SequenceNode): SequenceNode {
    const { scanner } = this
    const start = scanner.peek()
    scanner.skip()
    for (let first = true; scanner.peek().type !== 'flow-sequence-end'; first = false) {
      if (!first) {
        this.comma("did not find expected ',' or ']'", 'while parsing a flow sequence', start)
        if (scanner.peek().type === 'flow-sequence-end') break
      }
      const token = scanner.peek()
      if (token.type === 'key') node.items.push(this.flowPair(token))
      else node.items.push(this.node('flow'))
    }
    scanner.skip()
    return node
  }

  /** `[a: b]`: a map of one entry. */
  private flowPair(key: Token): MappingNode {
    const { scanner } = this
    const node = newMapping('', key)
    scanner.skip()
    node.items.push(this.flowPart('flow-sequence-end', key))
    const token = scanner.peek()
    if (token.type === 'value') {
      scanner.skip()
      const { type } = scanner.peek()
      node.items.push(type === 'flow-entry' || type === 'flow-sequence-end' ? empty(token) : this.node('flow'))
    } else node.items.push(empty(token))
    return node
  }

  private flowMapping(node: MappingNode): MappingNode {
    const { scanner } = this
    const start = scanner.peek()
    scanner.skip()
    for (let first = true; scanner.peek().type !== 'flow-mapping-end'; first = false) {
      if (!first) {
        this.comma("did not find expected ',' or '}'", 'while parsing a flow mapping', start)
        if (scanner.peek().type === 'flow-mapping-end') break
      }
      const token = scanner.peek()
      if (token.type !== 'key') {
        node.items.push(this.node('flow'), empty(scanner.peek()))
        continue
      }
      scanner.skip()
      node.items.push(this.flowPart('flow-mapping-end', token))
      const value = scanner.peek()
      if (value.type === 'value') {
        scanner.skip()
        const { type } = scanner.peek()
        node.items.push(type === 'flow-entry' || type === 'flow-mapping-end' ? empty(value) : this.node('flow'))
      } else node.items.push(empty(value))
    }
    scanner.skip()
    return node
  }

  private flowPart(end: 'flow-sequence-end' | 'flow-mapping-end', after: Token): Node {
    const { type } = this.scanner.peek()
    return type === 'value' || type === 'flow-entry' || type === end ? empty(after) : this.node('flow')
  }

  private comma(problem: string, message: string, start: Mark): void {
    const token = this.scanner.peek()
    if (token.type !== 'flow-entry') throw yamlError('parser', problem, token, { message, mark: start })
    this.scanner.skip()
  }
}

function empty({ line, column }: Mark): ScalarNode {
  return { kind: 'scalar', tag: '', value: '', plain: true, line, column }
}

function newSequence(tag: string, { line, column }: Mark): SequenceNode {
  return { kind: 'sequence', tag, items: [], line, column }
}

function newMapping(tag: string, { line, column }: Mark): MappingNode {
  return { kind: 'mapping', tag, items: [], line, column }
}
