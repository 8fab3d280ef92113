// Tables as docker's tools print them: three spaces between columns, an empty table keeps wide headings.

/** `padding` is what separates columns; each column is as wide as its longest cell. */
export function formatTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  minimum = 0,
  padding = 3,
): string {
  const all = [headings, ...rows]
  const widths = headings.map((_, column) => Math.max(minimum, ...all.map(row => (row[column] ?? '').length + padding)))
  return all
    .map(
      row =>
        `${row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('')}\n`,
    )
    .join('')
}
