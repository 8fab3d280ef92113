// `$NAME` and `${NAME…}` in texts: the substitution of Compose files and dotenv files.
import { ComposeError } from '../../shared/errors.ts'

/** The value of a variable, or undefined when it is not set. */
export type Lookup = (name: string) => string | undefined

/** A text that is not a template: `${` without end, or a bad name. */
export class InvalidTemplate extends ComposeError {
  readonly template: string

  constructor(template: string) {
    super('invalid_argument', `Invalid template: ${JSON.stringify(template)}`, {
      hint: 'A $ that is meant as text is written $$.',
    })
    this.template = template
  }
}

// The braced form is greedy: it reaches to the last brace of the line and is cut at its own closing one.
const pattern = /\$(?:(\$)|([_a-z][_a-z0-9]*)|\{(?:([_a-z][_a-z0-9]*(?::?[-+?][^\n]*)?)\}|()))/gi
const braced = /^\$\{([_a-z][_a-z0-9]*)(?:(:?[-+?])([\s\S]*))?\}$/i
const missing = 'variable is not set. Defaulting to a blank string.'

/** Replaces every variable of `text`. Calls `warn` for each that is not set and has no default. */
export function substitute(text: string, lookup: Lookup, warn: (sentence: string) => void): string {
  if (!text.includes('$')) return text
  return text.replace(pattern, (match, escaped: string | undefined, name: string | undefined) => {
    if (escaped !== undefined) return '$'
    if (name !== undefined) return plain(name)
    // Without a closing brace of its own the expression takes the last one of the line.
    const closing = closingBrace(match)
    const end = closing < 0 ? match.length - 1 : closing
    const found = braced.exec(match.slice(0, end + 1))
    if (found?.[1] === undefined) throw new InvalidTemplate(text)
    const [, variable, operator, operand = ''] = found
    if (operator === undefined) return plain(variable) + match.slice(end + 1)
    return applyOperator(variable, operator, operand) + substitute(match.slice(end + 1), lookup, warn)
  })

  function plain(name: string): string {
    const value = lookup(name)
    if (value === undefined) warn(`The ${JSON.stringify(name)} ${missing}`)
    return value ?? ''
  }

  function applyOperator(name: string, operator: string, operand: string): string {
    const value = lookup(name)
    const present = value !== undefined && (value !== '' || !operator.startsWith(':'))
    switch (operator.at(-1)) {
      case '-':
        return present ? value : substitute(operand, lookup, warn)
      case '+':
        return present ? substitute(operand, lookup, warn) : (value ?? '')
    }
    if (present) return value
    const reason = substitute(operand, lookup, warn)
    const sentence = `required variable ${name} is missing a value`
    throw new ComposeError('invalid_argument', reason === '' ? sentence : `${sentence}: ${reason}`, {
      hint: `Set ${name} in the environment or in an env file.`,
    })
  }
}

/** Where the first `{` closes; -1 when it does not. */
function closingBrace(text: string): number {
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i)
    if (char === 0x7d && --depth === 0) return i
    if (char === 0x7b) {
      depth++
      i++
    }
  }
  return -1
}

export interface Variable {
  name: string
  defaultValue: string
  presenceValue: string
  required: boolean
}

/** The variables that a text names, those in defaults too. */
export function variablesOf(text: string): Variable[] {
  const variables: Variable[] = []
  for (const match of text.matchAll(pattern)) {
    if (match[1] !== undefined) continue
    let expression = match[2]
    let rest = ''
    if (expression === undefined) {
      const end = closingBrace(match[0])
      expression = end > 0 ? match[0].slice(2, end) : (match[3] ?? '')
      rest = end > 0 ? match[0].slice(end + 1) : ''
    }
    variables.push(...variablesOf(rest))
    const parts = /^(\w*)(?:(:?[-+?])([\s\S]*))?/.exec(expression)
    const [, name = '', operator = '', operand = ''] = parts ?? []
    const kind = operator.at(-1)
    const variable = {
      name,
      defaultValue: kind === '-' ? operand : '',
      presenceValue: kind === '+' ? operand : '',
      required: kind === '?',
    }
    variables.push(variable, ...variablesOf(variable.defaultValue), ...variablesOf(variable.presenceValue))
  }
  return variables
}
