// The Go templates of --format, as far as listings use them: text, `{{.Field}}` and `{{json .Field}}`.
import { ComposeError } from '../shared/errors.ts'

type Part = { text: string } | { field: string; json: boolean }

/** A function from a record to its line. Unknown fields and other actions are errors with Go's text. */
export function parseTemplate(template: string): (record: Readonly<Record<string, unknown>>) => string {
  const parts: Part[] = []
  let rest = withEscapes(template)
  while (rest !== '') {
    const open = rest.indexOf('{{')
    if (open < 0) {
      parts.push({ text: rest })
      break
    }
    if (open > 0) parts.push({ text: rest.slice(0, open) })
    const close = rest.indexOf('}}', open)
    if (close < 0) throw new ComposeError('invalid_argument', 'template parsing error: template: :1: unclosed action')
    parts.push(parseAction(rest.slice(open + 2, close).trim()))
    rest = rest.slice(close + 2)
  }
  return record => parts.map(part => ('text' in part ? part.text : render(part, record))).join('')
}

/** Headings for `table TEMPLATE`: those that are known, else the field in capitals, words apart. */
export function headingOf(template: string, known: ReadonlyMap<string, string> = new Map()): string {
  return withEscapes(template).replace(
    /\{\{[^}]*?\.(\w+)[^}]*\}\}/g,
    (_, field: string) => known.get(field) ?? field.replace(/([a-z])([A-Z])/g, '$1 $2').toUpperCase(),
  )
}

function parseAction(action: string): Part {
  if (action === 'json .') return { field: '', json: true }
  const [, json, field] = /^(json )?\.(\w+)$/.exec(action) ?? []
  if (field) return { field, json: json !== undefined }
  throw new ComposeError('not_implemented', `--format: {{${action}}} is not supported`, {
    hint: 'use {{.Field}} or {{json .Field}}, or --format json',
  })
}

function render({ field, json }: { field: string; json: boolean }, record: Readonly<Record<string, unknown>>): string {
  if (field === '') return JSON.stringify(record)
  if (!(field in record)) {
    throw new ComposeError(
      'invalid_argument',
      `template parsing error: template: :1:2: executing "" at <.${field}>: can't evaluate field ${field} in type *formatter.ContainerContext`,
    )
  }
  return json ? JSON.stringify(record[field]) : String(record[field] ?? '')
}

function withEscapes(template: string): string {
  return template.replaceAll('\\t', '\t').replaceAll('\\n', '\n')
}
