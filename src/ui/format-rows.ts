// --format of listings: a table, JSON, or a Go template for each row.
import { headingOf, parseTemplate } from './go-template.ts'
import { formatTable } from './table.ts'

export interface Listing {
  /** Heading and the field below it. */
  columns: readonly (readonly [heading: string, field: string])[]
  /** How many of them a table without a template has; all without this. */
  shown?: number
  /** Least width of a column. */
  minimum: number
  padding?: number
}

type Row = Readonly<Record<string, unknown>>

/** `table`, `json` (a line for each row), `table TEMPLATE` or a template. */
export function formatRows(rows: readonly Row[], format: string, listing: Listing): string {
  const { columns, shown = columns.length, minimum, padding } = listing
  if (format === 'json') return rows.map(row => `${goJson(row)}\n`).join('')
  if (format === 'table' || format === '') {
    const own = columns.slice(0, shown)
    const cells = rows.map(row => own.map(([, field]) => String(row[field] ?? '')))
    return formatTable(
      own.map(([heading]) => heading),
      cells,
      minimum,
      padding,
    )
  }
  const [, inTable] = /^table (.*)$/s.exec(format) ?? []
  const line = parseTemplate(inTable ?? format)
  const lines = rows.map(line)
  if (inTable === undefined) return lines.map(text => `${text}\n`).join('')
  const headings = new Map(columns.map(([heading, field]) => [field, heading]))
  return formatTable(
    headingOf(inTable, headings).split('\t'),
    lines.map(text => text.split('\t')),
    minimum,
    padding,
  )
}

/** JSON as Go writes it: what HTML would take for its own is escaped. */
export const goJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, undefined, indent).replace(
    /[<>&\u2028\u2029]/g,
    char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
