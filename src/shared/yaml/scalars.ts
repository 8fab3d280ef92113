// The texts of quoted and plain scalars as they stand in the file, to what they mean: folded lines and escapes.
import type { ComposeError } from '../errors.ts'
import type { Problem } from './syntax-error.ts'

/** The error for a problem at an offset of the source. */
export type Fail = (problem: Problem, offset: number) => ComposeError

export function plainText(source: string): string {
  return /[\r\n]/.test(source) ? folded(source) : source
}

export function singleQuoted(source: string, fail: Fail): string {
  const body = source.slice(1, -1)
  const isOpen = source.length < 2 || !source.endsWith("'") || body.replaceAll("''", '').includes("'")
  if (isOpen) throw fail('openQuote', source.length)
  return folded(body).replaceAll("''", "'")
}

export function doubleQuoted(source: string, fail: Fail): string {
  const end = source.length - 1
  if (end < 1 || source[end] !== '"') throw fail('openQuote', source.length)
  const body = source.slice(0, end)
  let value = ''
  for (let at = 1; at < end; ) {
    const word = match(/[^\\ \t\r\n]+/y, body, at)
    const space = match(/[ \t\r\n]+/y, body, at + word.length)
    value += word + folded(space)
    at += word.length + space.length
    if (body[at] !== '\\') continue
    // Without a letter it is the last quote's.
    if (at + 1 === end) throw fail('openQuote', source.length)
    const [text, length] = escapeAt(body, at, fail)
    value += text
    at += length
  }
  return value
}

/** Blanks around breaks go; one break is a blank, each further one a break. */
function folded(text: string): string {
  return text.replace(/[ \t]*(?:\r\n|\r|\n)(?:[ \t]*(?:\r\n|\r|\n))*[ \t]*/g, space => {
    const breaks = countBreaks(space)
    return breaks === 1 ? ' ' : '\n'.repeat(breaks - 1)
  })
}

const countBreaks = (text: string) => text.match(/\r\n|\r|\n/g)?.length ?? 0

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? ''
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

/** What the backslash at `at` stands for, and how long it is; a break goes with the blanks behind it. */
function escapeAt(source: string, at: number, fail: Fail): [text: string, length: number] {
  const letter = source[at + 1] ?? ''
  const plain = escapes[letter]
  if (plain !== undefined) return [plain, 2]
  if (letter === '\n' || letter === '\r') {
    const space = match(/[ \t\r\n]+/y, source, at + 1)
    return ['\n'.repeat(countBreaks(space) - 1), 1 + space.length]
  }
  const length = codeLengths[letter]
  if (length === undefined) throw fail('unknownEscape', at)
  const digits = source.slice(at + 2, at + 2 + length)
  if (digits.length < length || !/^[0-9a-fA-F]+$/.test(digits)) throw fail('noHexadecimal', at + 2)
  const code = Number.parseInt(digits, 16)
  if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) throw fail('invalidEscape', at + 2)
  return [String.fromCodePoint(code), 2 + length]
}
