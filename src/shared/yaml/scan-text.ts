// Quoted and plain scalars. Each function starts at the scalar's first character and ends behind its last.
import { type Cursor, isBlank, isBlankOrEnd, isBreak, TAB } from './cursor.ts'
import type { Mark } from './mark.ts'

/** A text in single or double quotes. */
export function scanQuoted(cursor: Cursor, single: boolean): string {
  const context = { message: 'while scanning a quoted scalar', mark: cursor.mark }
  const quote = single ? 0x27 : 0x22
  cursor.pos++
  let value = ''
  for (;;) {
    if (cursor.atDocumentMark()) cursor.fail('found unexpected document indicator', context)
    if (cursor.at() === 0) cursor.fail('found unexpected end of stream', context)
    let folding = false
    let start = cursor.pos
    for (let code = cursor.at(); !isBlankOrEnd(code); code = cursor.at()) {
      if (code === quote) {
        if (!single || cursor.at(1) !== quote) break
        value += `${cursor.text.slice(start, cursor.pos)}'`
        cursor.pos += 2
        start = cursor.pos
      } else if (!single && code === 0x5c) {
        value += cursor.text.slice(start, cursor.pos)
        if (isBreak(cursor.at(1))) {
          cursor.pos++
          cursor.takeBreak()
          folding = true
          start = cursor.pos
          break
        }
        value += scanEscape(cursor, context)
        start = cursor.pos
      } else cursor.pos++
    }
    value += cursor.text.slice(start, cursor.pos)
    if (cursor.at() === quote) {
      cursor.pos++
      return value
    }
    value += foldSpace(cursor, folding).text
  }
}

const escapes: Record<string, string> = {
  0: '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  '\t': '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  "'": "'",
  '/': '/',
  '\\': '\\',
  N: '\x85',
  _: '\xa0',
  L: '\u2028',
  P: '\u2029',
}
const codeLengths: Record<string, number> = { x: 2, u: 4, U: 8 }

function scanEscape(cursor: Cursor, context: { message: string; mark: Mark }): string {
  const letter = cursor.text.charAt(cursor.pos + 1)
  const plain = escapes[letter]
  if (plain !== undefined) {
    cursor.pos += 2
    return plain
  }
  const length = codeLengths[letter]
  if (length === undefined) cursor.fail('found unknown escape character', context)
  cursor.pos += 2
  const digits = cursor.text.slice(cursor.pos, cursor.pos + length)
  if (digits.length < length || !/^[0-9a-fA-F]+$/.test(digits))
    cursor.fail('did not find expected hexadecimal number', context)
  const code = Number.parseInt(digits, 16)
  if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff)
    cursor.fail('found invalid Unicode character escape code', context)
  cursor.pos += length
  return String.fromCodePoint(code)
}

/** A text without quotes; `indent` is the column that its further lines must reach. */
export function scanPlain(cursor: Cursor, indent: number, flow: boolean): { value: string; endsWithBreak: boolean } {
  const context = { message: 'while scanning a plain scalar', mark: cursor.mark }
  let value = ''
  let between = ''
  let endsWithBreak = false
  for (;;) {
    if (cursor.atDocumentMark() || cursor.at() === 0x23) break
    const start = cursor.pos
    let code = cursor.at()
    while (!isBlankOrEnd(code) && !endsPlain(code, cursor, flow)) {
      cursor.pos++
      code = cursor.at()
    }
    if (cursor.pos > start) {
      value += between + cursor.text.slice(start, cursor.pos)
      between = ''
      endsWithBreak = false
    }
    if (!isBlank(code) && !isBreak(code)) break
    const space = foldSpace(cursor, false, () => {
      if (cursor.column < indent && cursor.at() === TAB)
        cursor.fail('found a tab character that violates indentation', context)
    })
    between += space.text
    endsWithBreak ||= space.broken
    if (!flow && cursor.column < indent) break
  }
  return { value, endsWithBreak }
}

function endsPlain(code: number, cursor: Cursor, flow: boolean): boolean {
  if (code === 0x3a) return isBlankOrEnd(cursor.at(1)) || (flow && isFlowEnd(cursor.at(1)))
  if (!flow) return false
  return isFlowIndicator(code) || (code === 0x3f && isBlankOrEnd(cursor.at(1)))
}

function isFlowIndicator(code: number): boolean {
  return isFlowEnd(code) || code === 0x5b || code === 0x7b
}

/** `,`, `]` and `}`. */
function isFlowEnd(code: number): boolean {
  return code === 0x2c || code === 0x5d || code === 0x7d
}

/** Blanks and breaks between two words: one break is a blank, each further one a break. */
function foldSpace(cursor: Cursor, folding: boolean, check?: () => void): { text: string; broken: boolean } {
  let blanks = ''
  let first = ''
  let rest = ''
  let broken = folding
  for (let code = cursor.at(); isBlank(code) || isBreak(code); code = cursor.at()) {
    if (isBlank(code)) {
      if (broken) check?.()
      else blanks += String.fromCharCode(code)
      cursor.pos++
    } else if (!broken) {
      first = cursor.takeBreak()
      broken = true
    } else rest += cursor.takeBreak()
  }
  if (!broken) return { text: blanks, broken }
  if (first === '\n') return { text: rest === '' ? ' ' : rest, broken }
  return { text: first + rest, broken }
}
