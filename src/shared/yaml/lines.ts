// Offsets in a text as lines and columns.
import type { Mark } from './mark.ts'

export type LineTable = (offset: number) => Mark

/** Offsets are mostly asked for in rising order: the line of the last one is where the search begins. */
export function lineTable(text: string): LineTable {
  const starts = [0]
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 10 || (code === 13 && text.charCodeAt(at + 1) !== 10)) starts.push(at + 1)
  }
  let line = 0
  return offset => {
    if ((starts[line] ?? 0) > offset) line = 0
    while ((starts[line + 1] ?? Number.POSITIVE_INFINITY) <= offset) line++
    return { line, column: offset - (starts[line] ?? 0) }
  }
}
