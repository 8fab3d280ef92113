// Text to tokens. Indentation becomes block-start and block-end tokens, and a key is found when its
// `:` comes: the key and mapping-start tokens are then put in before it.
import { Cursor, isBlank, isBlankOrEnd, isBreak, isBreakOrEnd, SPACE, TAB } from './cursor.ts'
import type { Mark } from './mark.ts'
import { scanBlock } from './scan-block.ts'
import { scanAnchor, scanDirective, scanTag } from './scan-tag.ts'
import { scanPlain, scanQuoted } from './scan-text.ts'
import type { Punctuation, Token, TokenBody } from './token.ts'

interface SimpleKey {
  required: boolean
  flowLevel: number
  tokenNumber: number
  mark: Mark
}

/** Deeper than anything written by hand, and far from the end of the stack. */
const maxDepth = 500

export class Scanner {
  private readonly cursor: Cursor
  private tokens: Token[] = []
  private head = 0
  private parsed = 0
  private indent = -1
  private readonly indents: number[] = []
  private flowLevel = 0
  private keyAllowed = true
  private key: SimpleKey | undefined
  private readonly keys: SimpleKey[] = []

  constructor(text: string) {
    this.cursor = new Cursor(text)
  }

  peek(): Token {
    const token = this.tokens[this.head]
    if (token !== undefined && this.isSettled()) return token
    do this.fetch()
    while (!this.isSettled())
    // isSettled() is false while the queue is empty.
    return this.tokens[this.head] as Token
  }

  skip(): void {
    this.parsed++
    this.head++
    if (this.head > 1000) {
      this.tokens = this.tokens.slice(this.head)
      this.head = 0
    }
  }

  /** False while a later `:` may still put a token before the first one, and until two more are known. */
  private isSettled(): boolean {
    if (this.head >= this.tokens.length - 2) return false
    return (this.keys[0] ?? this.key)?.tokenNumber !== this.parsed
  }

  private fetch(): void {
    const { cursor } = this
    this.skipSpace()
    this.unroll(cursor.column)
    const code = cursor.at()
    if (code === 0) {
      this.fetchEnd()
      return
    }
    if (cursor.column === 0 && code === 0x25) {
      this.fetchTop(() => scanDirective(cursor))
      return
    }
    if (cursor.atDocumentMark()) {
      const type = code === 0x2d ? 'document-start' : 'document-end'
      this.fetchTop(() => {
        cursor.pos += 3
        return { type }
      })
      return
    }
    const next = cursor.at(1)
    switch (code) {
      case 0x5b:
        this.fetchFlowStart('flow-sequence-start')
        return
      case 0x7b:
        this.fetchFlowStart('flow-mapping-start')
        return
      case 0x5d:
        this.fetchFlowEnd('flow-sequence-end')
        return
      case 0x7d:
        this.fetchFlowEnd('flow-mapping-end')
        return
      case 0x2c:
        this.dropKey()
        this.keyAllowed = true
        this.indicator('flow-entry')
        return
      case 0x2d:
        if (isBlankOrEnd(next)) {
          this.fetchBlockEntry()
          return
        }
        break
      case 0x3f:
        if (isBlankOrEnd(next)) {
          this.fetchKey()
          return
        }
        break
      case 0x3a:
        if ((this.flowLevel > 0 && !this.afterSequenceEntry()) || isBlankOrEnd(next)) {
          this.fetchValue()
          return
        }
        break
      case 0x2a:
        this.fetchKeyPart(() => scanAnchor(cursor, 'alias'))
        return
      case 0x26:
        this.fetchKeyPart(() => scanAnchor(cursor, 'anchor'))
        return
      case 0x21:
        this.fetchKeyPart(() => scanTag(cursor))
        return
      case 0x27:
      case 0x22:
        this.fetchKeyPart(() => ({ type: 'scalar', value: scanQuoted(cursor, code === 0x27), plain: false }))
        return
      case 0x7c:
      case 0x3e:
        if (this.flowLevel > 0) break
        this.fetchBlockScalar(code === 0x7c)
        return
    }
    if (!canStartPlain(code, next)) {
      const context = { message: 'while scanning for the next token', mark: cursor.mark }
      cursor.fail('found character that cannot start any token', context)
    }
    this.fetchPlain()
  }

  private skipSpace(): void {
    const { cursor } = this
    for (;;) {
      let code = cursor.at()
      while (code === SPACE || (code === TAB && (this.flowLevel > 0 || !this.keyAllowed))) {
        cursor.pos++
        code = cursor.at()
      }
      if (code === 0x23) while (!isBreakOrEnd(cursor.at())) cursor.pos++
      if (!isBreak(cursor.at())) return
      cursor.takeBreak()
      if (this.flowLevel === 0) this.keyAllowed = true
    }
  }

  private add(body: TokenBody, mark: Mark): void {
    this.tokens.push({ ...body, line: mark.line, column: mark.column })
  }

  /** A token for the character here. */
  private indicator(type: Punctuation): void {
    this.tokens.push({ type, line: this.cursor.line, column: this.cursor.column })
    this.cursor.pos++
  }

  private fetchEnd(): void {
    const { cursor } = this
    this.unroll(-1)
    this.dropKey()
    this.keys.length = 0
    this.keyAllowed = false
    const mark = cursor.column === 0 ? cursor.mark : { line: cursor.line + 1, column: 0 }
    this.add({ type: 'stream-end' }, mark)
  }

  /** What stands outside of every block. */
  private fetchTop(scan: () => TokenBody): void {
    this.unroll(-1)
    this.dropKey()
    this.keyAllowed = false
    const mark = this.cursor.mark
    this.add(scan(), mark)
  }

  private fetchFlowStart(type: Punctuation): void {
    this.saveKey()
    if (++this.flowLevel > maxDepth) this.tooDeep('while increasing flow level')
    if (this.key !== undefined) this.keys.push(this.key)
    this.key = undefined
    this.keyAllowed = true
    this.indicator(type)
  }

  private fetchFlowEnd(type: Punctuation): void {
    this.dropKey()
    if (this.flowLevel > 0) {
      this.flowLevel--
      if (this.keys.at(-1)?.flowLevel === this.flowLevel) this.key = this.keys.pop()
    }
    this.keyAllowed = false
    this.indicator(type)
  }

  private fetchBlockEntry(): void {
    if (this.flowLevel === 0) {
      if (!this.keyAllowed) this.cursor.fail('block sequence entries are not allowed in this context')
      this.roll(this.cursor.mark, 'block-sequence-start')
    }
    this.dropKey()
    this.keyAllowed = true
    this.indicator('block-entry')
  }

  private fetchKey(): void {
    if (this.flowLevel === 0) {
      if (!this.keyAllowed) this.cursor.fail('mapping keys are not allowed in this context')
      this.roll(this.cursor.mark, 'block-mapping-start')
    }
    this.dropKey()
    this.keyAllowed = this.flowLevel === 0
    this.indicator('key')
  }

  private fetchValue(): void {
    const { key, cursor } = this
    if (key !== undefined && key.mark.line === cursor.line) {
      const at = key.tokenNumber - this.parsed + this.head
      this.tokens.splice(at, 0, { type: 'key', line: key.mark.line, column: key.mark.column })
      this.roll(key.mark, 'block-mapping-start', at)
      this.key = undefined
      this.keyAllowed = false
    } else {
      if (this.flowLevel === 0) {
        if (!this.keyAllowed) cursor.fail('mapping values are not allowed in this context')
        this.roll(cursor.mark, 'block-mapping-start')
      }
      this.keyAllowed = this.flowLevel === 0
    }
    this.indicator('value')
  }

  private fetchKeyPart(scan: () => TokenBody): void {
    this.saveKey()
    this.keyAllowed = false
    const mark = this.cursor.mark
    this.add(scan(), mark)
  }

  private fetchBlockScalar(literal: boolean): void {
    this.dropKey()
    this.keyAllowed = true
    const mark = this.cursor.mark
    this.add({ type: 'scalar', value: scanBlock(this.cursor, literal, this.indent), plain: false }, mark)
  }

  private fetchPlain(): void {
    this.saveKey()
    this.keyAllowed = false
    const { line, column } = this.cursor
    const { value, endsWithBreak } = scanPlain(this.cursor, this.indent + 1, this.flowLevel > 0)
    if (endsWithBreak) this.keyAllowed = true
    this.tokens.push({ type: 'scalar', value, plain: true, line, column })
  }

  private afterSequenceEntry(): boolean {
    const last = this.tokens.at(-1)?.type
    return last === 'flow-entry' || last === 'flow-sequence-start'
  }

  private saveKey(): void {
    if (!this.keyAllowed) return
    this.dropKey()
    this.key = {
      required: this.flowLevel === 0 && this.indent === this.cursor.column,
      flowLevel: this.flowLevel,
      tokenNumber: this.parsed + this.tokens.length - this.head,
      mark: this.cursor.mark,
    }
  }

  private dropKey(): void {
    if (this.key?.required)
      this.cursor.fail("could not find expected ':'", { message: 'while scanning a simple key', mark: this.key.mark })
    this.key = undefined
  }

  private roll(mark: Mark, type: Punctuation, at = this.tokens.length): void {
    if (this.flowLevel > 0 || this.indent >= mark.column) return
    this.indents.push(this.indent)
    if (this.indents.length > maxDepth) this.tooDeep('while increasing indent level')
    this.indent = mark.column
    this.tokens.splice(at, 0, { type, line: mark.line, column: mark.column })
  }

  private unroll(column: number): void {
    if (this.flowLevel > 0) return
    while (this.indent > column) {
      this.tokens.push({ type: 'block-end', line: this.cursor.line, column: this.cursor.column })
      this.indent = this.indents.pop() ?? -1
    }
  }

  private tooDeep(message: string): never {
    this.cursor.fail(`exceeded max depth of ${maxDepth}`, { message, mark: this.cursor.mark })
  }
}

function canStartPlain(code: number, next: number): boolean {
  if (code === 0x2d) return !isBlank(next)
  if (code === 0x3f || code === 0x3a) return !isBlankOrEnd(next)
  return !isBlankOrEnd(code) && !'-?:,[]{}#&*!|>\'"%@`'.includes(String.fromCharCode(code))
}
