// Literal and folded block scalars: `|` and `>` with their indentation and chomping indicators.
import type { Fail } from './scalars.ts'

/** `source` is all lines below the head, `parentIndent` the column of the block around. Offsets are the source's. */
export function blockScalar(head: string, source: string, parentIndent: number, fail: Fail): string {
  const { literal, chomp, increment } = parseHead(head, fail)
  const lines = source.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? []
  const indent = increment === 0 ? deepest(lines, parentIndent, fail) : parentIndent + increment
  let value = ''
  let breaks = ''
  let leadingBreak = ''
  let leadingBlank = false
  let offset = 0
  for (const line of lines) {
    const text = line.replace(/[\r\n]+$/, '')
    if (isEmpty(text, indent)) {
      breaks += '\n'
      offset += line.length
      continue
    }
    // Of a document that is one text: such a line ends it.
    if (!/^ *$/.test(text.slice(0, indent))) throw fail('noDocument', offset)
    offset += line.length
    const content = text.slice(indent)
    const blank = /^[ \t]/.test(content)
    const folds = !literal && !leadingBlank && !blank && leadingBreak === '\n'
    value += `${folds ? (breaks === '' ? ' ' : '') : leadingBreak}${breaks}${content}`
    breaks = ''
    leadingBlank = blank
    leadingBreak = text.length < line.length ? '\n' : ''
  }
  return value + (chomp === '-' ? '' : leadingBreak) + (chomp === '+' ? breaks : '')
}

function parseHead(head: string, fail: Fail) {
  if (head.includes('0')) throw fail('zeroIndent', 0)
  const parts = /^([|>])([+-]?)([1-9]?)([+-]?)$/.exec(head)
  if (parts === null || (parts[2] && parts[4])) throw fail('blockHead', 0)
  const [, style, before = '', digit = '', after = ''] = parts
  return { literal: style === '|', chomp: before || after, increment: Number(digit) }
}

/** Only blanks, and no more of them than the indentation. */
const isEmpty = (text: string, indent: number) => text.length <= indent && /^ *$/.test(text)

/** Of the empty lines at the beginning and the first line of text the deepest decides. */
function deepest(lines: readonly string[], parentIndent: number, fail: Fail): number {
  let found = Math.max(parentIndent + 1, 1)
  let offset = 0
  for (const line of lines) {
    const blanks = /^ */.exec(line)?.[0].length ?? 0
    found = Math.max(found, blanks)
    if (line[blanks] === '\t') throw fail('tabIndent', offset + blanks)
    if (!/^ *[\r\n]*$/.test(line)) break
    offset += line.length
  }
  return found
}
