// Text to the tokens of the package `yaml`, with the indentation that go-yaml asks for: inside of brackets and quotes
// none at all, where YAML 1.2 wants lines to stand deeper than their key.
import { CST, Lexer, Parser } from 'yaml'

export type Token = CST.Token
export type SourceToken = CST.SourceToken

/** Private in the package's types; yaml.test.ts fails when they are no longer what they were. */
interface LexerParts {
  buffer: string
  pos: number
  indentNext: number
  parseStream(): Generator<string, string | undefined>
  parseLineStart(): Generator<string, string | undefined>
  parseFlowCollection(): Generator<string, string | undefined>
  parseQuotedScalar(): Generator<string, string | undefined>
}

/** Top-level tokens: directives, documents, ends of documents and what stands between them. */
export function* tokensOf(text: string): Generator<Token> {
  const lexer = new Lexer()
  // The interface above says which of its parts are meant.
  const parts = lexer as unknown as LexerParts
  for (const name of ['parseFlowCollection', 'parseQuotedScalar'] as const) {
    const original = parts[name]
    parts[name] = function* () {
      const { indentNext } = parts
      parts.indentNext = 0
      try {
        return yield* original.call(lexer)
      } finally {
        parts.indentNext = indentNext
      }
    }
  }
  const parseStream = parts.parseStream
  parts.parseStream = function* () {
    // Only at the very beginning a byte order mark is one; later it is a letter of a text.
    if (parts.pos === 0 || parts.buffer[parts.pos] !== '\ufeff') return yield* parseStream.call(lexer)
    yield CST.DOCUMENT
    return yield* parts.parseLineStart()
  }
  const parser = new Parser()
  for (const lexeme of lexer.lex(text)) yield* parser.next(lexeme)
  yield* parser.end()
}
