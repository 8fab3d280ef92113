// A command written as text: split into words as a shell would, but nothing is expanded.
import { ComposeError } from '../../shared/errors.ts'

/** Stops at the first shell operator outside of quotes, as Compose does; `cut` hears what is left out. */
export function splitCommand(text: string, cut?: (rest: string) => void): string[] {
  const words: string[] = []
  let word = ''
  let state: 'none' | 'text' | 'quoted' = 'none'
  let quote: '' | "'" | '"' | '`' | '$(' = ''
  let escaped = false
  const flush = () => {
    if (state === 'quoted' || word !== '') words.push(word)
    word = ''
    state = 'none'
  }
  const add = (char: string) => {
    word += char
    state = state === 'quoted' ? 'quoted' : 'text'
  }
  let at = 0
  for (const char of text) {
    at += char.length
    if (escaped) {
      escaped = false
      if (quote === '`' || quote === '$(') add(`\\${char}`)
      else add(char === 't' ? '\t' : char === 'n' ? '\n' : char)
    } else if (char === '\\') {
      if (quote === "'") word += '\\'
      else escaped = true
    } else if (/[ \t\r\n]/.test(char)) {
      if (quote === '') flush()
      else word += char
    } else if (char === quote && char !== '$(') {
      quote = ''
      if (char === '`') add(char)
      else state = 'quoted'
    } else if (quote === "'" || quote === '"' || quote === '`') {
      add(char)
    } else if (char === '`' && quote === '') {
      quote = '`'
      add(char)
    } else if (char === ')') {
      if (quote !== '$(') throw invalid()
      quote = ''
      add(char)
    } else if (char === '(') {
      if (quote !== '' || !word.endsWith('$') || word.endsWith('\\$')) throw invalid()
      quote = '$('
      add(char)
    } else if (quote === '' && (char === "'" || char === '"')) {
      quote = char
    } else if (quote === '' && /[;&|<>]/.test(char)) {
      if (char === '>' && /^[0-9]+$/.test(word)) {
        word = ''
        state = 'none'
      }
      cut?.(text.slice(at - char.length))
      break
    } else add(char)
  }
  flush()
  if (escaped || quote !== '') throw invalid()
  return words
}

function invalid(): ComposeError {
  return new ComposeError('invalid_argument', 'invalid command line string', {
    hint: 'Close every quote, or write the command as a list.',
  })
}
