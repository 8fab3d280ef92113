// Literal and folded block scalars: `|` and `>` with their indentation and chomping indicators.
import { type Cursor, isBlank, isBreak, isBreakOrEnd, isDigit, SPACE, TAB } from './cursor.ts'
import type { Mark } from './mark.ts'

/** `parentIndent` is the indentation of the block around it, -1 at the top. */
export function scanBlock(cursor: Cursor, literal: boolean, parentIndent: number): string {
  const context = { message: 'while scanning a block scalar', mark: cursor.mark }
  cursor.pos++
  const { chomp, increment } = scanIndicators(cursor, context)
  while (isBlank(cursor.at())) cursor.pos++
  if (cursor.at() === 0x23) while (!isBreakOrEnd(cursor.at())) cursor.pos++
  if (!isBreakOrEnd(cursor.at())) cursor.fail('did not find expected comment or line break', context)
  if (isBreak(cursor.at())) cursor.takeBreak()

  let indent = increment === 0 ? 0 : Math.max(parentIndent, 0) + increment
  const first = scanBreaks(cursor, indent, parentIndent, context)
  indent = first.indent
  let breaks = first.breaks
  let value = ''
  let leadingBreak = ''
  let leadingBlank = false
  while (cursor.column === indent && cursor.at() !== 0) {
    const blank = isBlank(cursor.at())
    if (!literal && !leadingBlank && !blank && leadingBreak === '\n') {
      if (breaks === '') value += ' '
    } else value += leadingBreak
    value += breaks
    leadingBlank = blank
    const start = cursor.pos
    while (!isBreakOrEnd(cursor.at())) cursor.pos++
    value += cursor.text.slice(start, cursor.pos)
    leadingBreak = isBreak(cursor.at()) ? cursor.takeBreak() : ''
    breaks = scanBreaks(cursor, indent, parentIndent, context).breaks
  }
  if (chomp !== '-') value += leadingBreak
  if (chomp === '+') value += breaks
  return value
}

function scanIndicators(cursor: Cursor, context: { message: string; mark: Mark }) {
  let chomp = ''
  let increment = 0
  for (let i = 0; i < 2; i++) {
    const code = cursor.at()
    if (chomp === '' && (code === 0x2b || code === 0x2d)) chomp = String.fromCharCode(code)
    else if (increment === 0 && isDigit(code)) {
      if (code === 0x30) cursor.fail('found an indentation indicator equal to 0', context)
      increment = code - 0x30
    } else break
    cursor.pos++
  }
  return { chomp, increment }
}

/** Empty lines, up to the indentation; with `indent` 0 the deepest of them decides it. */
function scanBreaks(cursor: Cursor, indent: number, parentIndent: number, context: { message: string; mark: Mark }) {
  let breaks = ''
  let deepest = 0
  for (;;) {
    while ((indent === 0 || cursor.column < indent) && cursor.at() === SPACE) cursor.pos++
    deepest = Math.max(deepest, cursor.column)
    if ((indent === 0 || cursor.column < indent) && cursor.at() === TAB)
      cursor.fail('found a tab character where an indentation space is expected', context)
    if (!isBreak(cursor.at())) break
    breaks += cursor.takeBreak()
  }
  return { breaks, indent: indent === 0 ? Math.max(deepest, parentIndent + 1, 1) : indent }
}
