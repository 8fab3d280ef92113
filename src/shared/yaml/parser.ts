// The documents of a text as nodes: the package `yaml` reads the syntax (ADR 8), go-yaml's dialect is ours.
import type { CST } from 'yaml'
import { composeDocument } from './compose.ts'
import { lineTable } from './lines.ts'
import type { Mark } from './mark.ts'
import type { Node } from './node.ts'
import { prefixesOf } from './properties.ts'
import { syntaxError } from './syntax-error.ts'
import { tokensOf } from './tokens.ts'

/** The documents of a stream, each parsed when it is asked for. Anchors live on from one to the next. */
export function* parseDocuments(text: string): Generator<Node> {
  const markOf = lineTable(text)
  const end = endOf(text, markOf)
  const anchors = new Map<string, Node>()
  let directives: { source: string; mark: Mark }[] = []
  let prefixes = prefixesOf([])
  let isFirst = true
  for (const token of tokensOf(text)) {
    if (token.type === 'directive') directives.push({ source: token.source, mark: markOf(token.offset) })
    else if (token.type === 'error') throw syntaxError('noContent', markOf(token.offset))
    else if (token.type === 'document') {
      const isExplicit = token.start.some(({ type }) => type === 'doc-start')
      if (!isExplicit && (!isFirst || directives.length > 0)) {
        // Comments behind the last document look like one.
        if (isNothing(token)) continue
        throw syntaxError('noDocument', markOf(token.offset))
      }
      if (isFirst || directives.length > 0) prefixes = prefixesOf(directives)
      directives = []
      isFirst = false
      yield composeDocument(token, { markOf, end, prefixes, anchors })
    }
  }
  const [left] = directives
  if (left) {
    prefixesOf(directives)
    throw syntaxError('noDocument', end)
  }
}

function isNothing({ start, value }: CST.Document): boolean {
  return !value && start.every(({ type }) => type === 'space' || type === 'newline' || type === 'comment')
}

/** Where go-yaml sees the end: on a line of its own. */
function endOf(text: string, markOf: (offset: number) => Mark): Mark {
  const last = markOf(text.length)
  return last.column === 0 ? last : { line: last.line + 1, column: 0 }
}
