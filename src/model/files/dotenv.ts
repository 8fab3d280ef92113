// Dotenv files: `KEY=value` lines with quotes, escapes and variables, as Compose reads them.
import { ComposeError } from '../../shared/errors.ts'
import type { Warn } from './context.ts'
import { type Lookup, substitute } from './template.ts'

export interface DotenvOptions {
  /** The file's name, for errors. */
  file: string
  /** Variables from outside; those of the file itself come after them. */
  lookup: Lookup
  warn: Warn
}

/** Adds the file's variables to `variables`, which its own values may use. */
export function parseDotenv(text: string, variables: Record<string, string>, options: DotenvOptions): void {
  new DotenvParser(text.replace(/^\ufeff/, ''), variables, options).run()
}

const blank = /[\t\v\f\r \x85\xa0]/

class DotenvParser {
  private readonly text: string
  private readonly variables: Record<string, string>
  private readonly options: DotenvOptions
  private pos = 0
  private line = 1

  constructor(text: string, variables: Record<string, string>, options: DotenvOptions) {
    this.text = text
    this.variables = variables
    this.options = options
  }

  run(): void {
    while (this.toStatement()) {
      const { key, inherited } = this.name()
      if (key.includes(' ')) this.fail('key cannot contain a space')
      if (inherited) {
        const value = this.options.lookup(key)
        if (value !== undefined) this.variables[key] = value
      } else this.variables[key] = this.value()
    }
  }

  /** To the next line that says something; false at the end. */
  private toStatement(): boolean {
    for (;;) {
      while (this.pos < this.text.length && /\s|\x85/.test(this.text.charAt(this.pos))) {
        if (this.text[this.pos] === '\n') this.line++
        this.pos++
      }
      if (this.pos >= this.text.length) return false
      if (this.text[this.pos] !== '#') return true
      const end = this.text.indexOf('\n', this.pos)
      if (end < 0) return false
      this.pos = end
    }
  }

  /** `name=`, `name:`, or a name alone, which takes the caller's value. */
  private name(): { key: string; inherited: boolean } {
    const exported = /^export\s+/.exec(this.text.slice(this.pos, this.pos + 100))
    if (exported !== null) {
      this.pos += 'export'.length
      this.skipBlanks()
    }
    const start = this.pos
    let i = start
    for (; i < this.text.length; i++) {
      const char = this.text.charAt(i)
      if (char === '=' || char === ':' || char === '\n') break
      if (blank.test(char) || /[_.\-[\]\p{L}\p{N}]/u.test(char)) continue
      const whole = this.text.slice(start).split('\n')[0] ?? ''
      this.fail(`unexpected character ${JSON.stringify(char)} in variable name ${JSON.stringify(whole)}`)
    }
    // A name that ends with the file is no statement at all.
    if (i >= this.text.length) {
      this.pos = this.text.length
      const key = this.text.slice(start).trimEnd()
      return { key, inherited: true }
    }
    const inherited = this.text[i] === '\n'
    const key = this.text.slice(start, i)
    if (inherited && !key.includes(' ')) this.line++
    this.pos = i + 1
    this.skipBlanks()
    return { key: key.trimEnd(), inherited }
  }

  private value(): string {
    const quote = this.text[this.pos]
    return quote === '"' || quote === "'" ? this.quoted(quote) : this.plain()
  }

  private plain(): string {
    const end = this.text.indexOf('\n', this.pos)
    const line = this.text.slice(this.pos, end < 0 ? this.text.length : end)
    this.pos = end < 0 ? this.text.length : end + 1
    const value = this.expand((line.split(' #', 1)[0] ?? '').trimEnd())
    this.line++
    return value
  }

  private quoted(quote: string): string {
    const start = this.pos
    const { line } = this
    let value = ''
    let escaped = false
    for (let i = start + 1; i < this.text.length; i++) {
      const char = this.text.charAt(i)
      if (char === '\n') this.line++
      if (char !== quote) {
        if (!escaped && char === '\\') {
          escaped = true
          continue
        }
        value += escaped ? `\\${char}` : char
        escaped = false
      } else if (escaped) {
        value += char
        escaped = false
      } else {
        this.pos = i + 1
        return quote === '"' ? this.expand(expandEscapes(value), line) : value
      }
    }
    const whole = this.text.slice(start).split('\n')[0] ?? ''
    return this.fail(`unterminated quoted value ${whole}`)
  }

  /** `line` is where the value begins. */
  private expand(value: string, line = this.line): string {
    const { lookup, warn, file } = this.options
    try {
      return substitute(
        value,
        name => lookup(name) ?? this.own(name),
        sentence => warn(sentence, { file, line }),
      )
    } catch (error) {
      if (!(error instanceof ComposeError)) throw error
      throw new ComposeError('invalid_argument', `failed to read ${file}: ${error.message}`, {
        path: `${file}:${line}`,
        hint: error.hint,
      })
    }
  }

  private own(name: string): string | undefined {
    return Object.hasOwn(this.variables, name) ? this.variables[name] : undefined
  }

  private skipBlanks(): void {
    while (blank.test(this.text.charAt(this.pos))) this.pos++
  }

  private fail(problem: string): never {
    const { file } = this.options
    throw new ComposeError('invalid_argument', `failed to read ${file}: line ${this.line}: ${problem}`, {
      path: `${file}:${this.line}`,
    })
  }
}

const escapes: Record<string, string> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '"': '"',
  '\\': '\\',
  $: '$$',
}

/** An octal needs three digits behind its zero. */
function expandEscapes(text: string): string {
  return text.replace(/\\(?:([abcfnrtv$"\\])|0(\d{0,3}))/g, (match, letter: string | undefined, octal: string) => {
    if (letter !== undefined) return escapes[letter] ?? match
    return /^[0-3][0-7]{2}$/.test(octal) ? String.fromCharCode(Number.parseInt(octal, 8)) : match
  })
}

/** `format: raw`: docker's own env files, without quotes and variables. */
export function parseRawEnv(text: string, variables: Record<string, string>, options: DotenvOptions): void {
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    const statement = line.trimStart()
    if (statement === '' || statement.startsWith('#')) continue
    const equals = statement.indexOf('=')
    const key = equals < 0 ? statement : statement.slice(0, equals)
    const where = `${options.file}:${index + 1}`
    const fail = (problem: string) =>
      new ComposeError('invalid_argument', `failed to parse env_file ${options.file}: ${problem}`, { path: where })
    if (key === '') throw fail(`no variable name on line '${line}'`)
    if (/[\t\v\f\r \n]/.test(key)) throw fail(`variable '${key}' contains whitespaces`)
    if (equals >= 0) variables[key] = statement.slice(equals + 1)
    else {
      const value = options.lookup(key)
      if (value !== undefined) variables[key] = value
    }
  }
}
