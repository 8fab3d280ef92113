// Words of an instruction as the builder's shell reads them: quotes, escapes and variables with their forms, as
// BuildKit has them (no commands, no arithmetic). Patterns in ${name#pattern} are the shell's.
import { ComposeError } from '../../../shared/errors.ts'

export type Variables = (name: string) => string | undefined

export interface WordOptions {
  escapeToken: string
  variables: Variables
  /** Quotes and escapes stay as they are: the content of a here-document. */
  keepQuotes?: boolean
}

/** Quotes taken off and variables replaced: always one word, whatever a variable holds. */
export function expandWord(word: string, options: WordOptions): string {
  return createReader(word, options).text(() => false)
}

/** Split at blanks outside of quotes; a part keeps its quotes. */
export function splitWords(text: string, escapeToken: string): string[] {
  const words: string[] = []
  let word = ''
  let quote = ''
  let begun = false
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at)
    if (!quote && /\s/.test(char)) {
      if (begun) words.push(word)
      word = ''
      begun = false
      continue
    }
    begun = true
    word += char
    if (char === escapeToken && quote !== "'") word += text.charAt(++at)
    else if (quote) {
      if (char === quote) quote = ''
    } else if (char === '"' || char === "'") quote = char
  }
  if (begun) words.push(word)
  return words
}

/** `A=1 B="x y"`, or the old form `A anything`. Values are not expanded yet. */
export function readPairs(text: string, escapeToken: string): [string, string][] | undefined {
  const words = splitWords(text, escapeToken)
  if (!words[0]?.includes('=')) {
    const [, name = '', value = ''] = /^(\S+)\s+(.+)$/s.exec(text) ?? []
    return name === '' ? undefined : [[name, value]]
  }
  const pairs = words.map(
    word => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)] as [string, string],
  )
  return words.every(word => word.indexOf('=') > 0) ? pairs : undefined
}

/** `A B=1 C="x y"`: names and defaults. */
export function argumentsOf(text: string, escapeToken: string): [string, string | undefined][] {
  return splitWords(text, escapeToken).map(word => {
    const [pair] = word.includes('=') ? (readPairs(word, escapeToken) ?? []) : []
    return pair ?? [word, undefined]
  })
}

function createReader(source: string, { escapeToken, variables, keepQuotes = false }: WordOptions) {
  let at = 0
  const reader = { text }
  return reader

  function text(ends: (char: string) => boolean): string {
    let result = ''
    while (at < source.length) {
      const char = source.charAt(at)
      if (ends(char)) return result
      if (char === "'" && !keepQuotes) result += singleQuoted()
      else if (char === '"' && !keepQuotes) result += doubleQuoted()
      else if (char === '$') result += variable()
      else if (char === escapeToken) {
        at++
        if (keepQuotes && source[at] !== '$') result += escapeToken
        // A lone one at the end stands for itself no more.
        if (at < source.length) result += source.charAt(at++)
      } else {
        result += char
        at++
      }
    }
    return result
  }

  function singleQuoted(): string {
    const end = source.indexOf("'", at + 1)
    if (end < 0) throw unfinished("'")
    const content = source.slice(at + 1, end)
    at = end + 1
    return content
  }

  function doubleQuoted(): string {
    let result = ''
    at++
    for (;;) {
      const char = source[at]
      if (char === undefined) throw unfinished('"')
      if (char === '"') {
        at++
        return result
      }
      if (char === '$') result += variable()
      else if (char === escapeToken) {
        const next = source[++at]
        if (next === undefined) throw unfinished('"')
        result += next === '"' || next === '$' || next === escapeToken ? next : escapeToken + next
        at++
      } else {
        result += char
        at++
      }
    }
  }

  function variable(): string {
    at++
    if (source[at] === '{') {
      at++
      return braced()
    }
    const name = /^(?:[A-Za-z_]\w*|[0-9@*#?!$-])/.exec(source.slice(at))?.[0]
    if (name === undefined) return '$'
    at += name.length
    return variables(name) ?? ''
  }

  function braced(): string {
    const begun = at
    const name = /^(?:[A-Za-z_]\w*|[0-9@*#?!$-])/.exec(source.slice(at))?.[0]
    if (name === undefined) throw unsupported(source.slice(begun))
    at += name.length
    const value = variables(name)
    const form = /^(?::[-+?]|[-+?}]|##?|%%?|\/\/?)/.exec(source.slice(at))?.[0]
    if (form === undefined) throw unsupported(source.slice(begun))
    at += form.length
    if (form === '}') return value ?? ''
    const colon = form.startsWith(':')
    const isMissing = value === undefined || (colon && value === '')
    switch (form.at(-1)) {
      case '-': {
        const other = rest()
        return isMissing ? other : value
      }
      case '+': {
        const other = rest()
        return isMissing ? '' : other
      }
      case '?': {
        const message = rest()
        if (!isMissing) return value
        const why = message || (colon ? 'not allowed to be empty' : 'not allowed to be unset')
        throw new ComposeError('invalid_argument', `${name}: ${why}`)
      }
      case '#':
      case '%': {
        const pattern = rest()
        return trimmed(value ?? '', pattern, form)
      }
      default: {
        const pattern = text(char => char === '/' || char === '}')
        if (source[at] === '/') at++
        const replacement = rest()
        return (value ?? '').replace(globExpression(pattern, form === '//' ? 'g' : '', true), () => replacement)
      }
    }
  }

  /** Up to the closing brace, with variables of its own. */
  function rest(): string {
    const result = text(char => char === '}')
    if (source[at] !== '}') throw unfinished('}')
    at++
    return result
  }

  function unfinished(what: string): ComposeError {
    return new ComposeError('invalid_argument', `unexpected end of statement while looking for matching ${what}`)
  }

  function unsupported(found: string): ComposeError {
    return new ComposeError('invalid_argument', `unsupported modifier in substitution: \${${found.split('}')[0]}}`)
  }
}

/** `#` and `%` take the shortest match from the beginning or the end, doubled the longest. */
function trimmed(value: string, pattern: string, form: string): string {
  const whole = globExpression(pattern, '', false)
  const lengths = Array.from({ length: value.length + 1 }, (_, index) => index)
  if (form.length === 2) lengths.reverse()
  for (const length of lengths) {
    const part = form.startsWith('#') ? value.slice(0, length) : value.slice(value.length - length)
    if (whole.test(part)) return form.startsWith('#') ? value.slice(length) : value.slice(0, value.length - length)
  }
  return value
}

/** `*` and `?`; anything else is itself. */
function globExpression(pattern: string, flags: string, anywhere: boolean): RegExp {
  let source = ''
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern.charAt(at)
    if (char === '*') source += '.*'
    else if (char === '?') source += '.'
    else source += (char === '\\' ? pattern.charAt(++at) : char).replace(/[\\^$.*+?()[\]{}|/]/, '\\$&')
  }
  return new RegExp(anywhere ? source : `^${source}$`, `${flags}s`)
}
