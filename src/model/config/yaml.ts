// YAML as go-yaml writes it for Compose: two columns of indentation, lists below their key, long texts
// folded behind column 80, quotes only where a text would mean something else.

import { resolvePlain } from '../../shared/yaml/resolve.ts'
import { Float, Timestamp } from '../../shared/yaml/tree.ts'
import { type Output, Sorted } from '../attributes/kinds/kind.ts'
import { naturalOrder } from '../values/natural-order.ts'
import { goFloat } from '../values/scalar.ts'
import { type Analysis, analyze } from './yaml-text.ts'

const width = 80

/** A document, with a line break at its end. */
export function writeYaml(output: Output): string {
  const writer = new Writer()
  writer.document(output)
  return writer.text
}

class Writer {
  text = ''
  private column = 0

  document(output: Output): void {
    this.node(output, 0, 'root')
    if (this.column > 0) this.put('\n')
  }

  /** `indent` is the column of the keys or dashes of a collection at this place. */
  private node(output: Output, indent: number, place: 'root' | 'value' | 'item'): void {
    if (output instanceof Map || (isCollection(output) && !Array.isArray(output))) {
      const entries: [string, Output][] = output instanceof Map ? [...output] : Object.entries(output)
      if (!(output instanceof Map) || output instanceof Sorted) entries.sort(([a], [b]) => naturalOrder(a, b))
      if (entries.length === 0) this.put(place === 'root' ? '{}' : ' {}')
      else this.map(entries, indent, place)
    } else if (Array.isArray(output)) {
      if (output.length === 0) this.put(place === 'root' ? '[]' : ' []')
      else this.list(output, indent, place)
    } else {
      if (place !== 'root') this.put(' ')
      this.scalar(output, place === 'root' ? 2 : indent, false)
    }
  }

  private map(entries: readonly [string, Output][], indent: number, place: 'root' | 'value' | 'item'): void {
    for (const [index, [key, value]] of entries.entries()) {
      if (index === 0 && place === 'item') this.put(' ')
      else this.line(indent)
      if (isSimpleKey(key)) {
        this.scalar(key, indent, true)
        this.put(':')
      } else {
        this.put('? ')
        this.scalar(key, indent + 2, false)
        this.line(indent)
        this.put(':')
      }
      this.node(value, indent + 2, 'value')
    }
  }

  private list(items: readonly Output[], indent: number, place: 'root' | 'value' | 'item'): void {
    for (const [index, item] of items.entries()) {
      if (index === 0 && place === 'item') this.put(' ')
      else this.line(indent)
      this.put('-')
      this.node(item, indent + 2, 'item')
    }
  }

  private scalar(output: Exclude<Output, object> | null | Float | Timestamp, indent: number, key: boolean): void {
    if (output === null) this.put('null')
    else if (output instanceof Float) this.put(yamlFloat(output.value))
    else if (output instanceof Timestamp) this.put(output.rfc3339)
    else if (typeof output !== 'string') this.put(String(output))
    else this.string(output, indent, key)
  }

  private string(text: string, indent: number, key: boolean): void {
    if (safe.test(text) && this.column + text.length <= width) {
      this.text += text
      this.column += text.length
      return
    }
    const analysis = analyze(text)
    switch (styleOf(text, analysis, key)) {
      case 'plain':
        this.fold(text, indent, !key, char => char)
        break
      case 'single':
        this.put("'")
        this.fold(text, indent, !key, char => (char === "'" ? "''" : char), 'single')
        this.put("'")
        break
      case 'double':
        this.put('"')
        this.double(text, indent, !key)
        this.put('"')
        break
      case 'literal':
        this.literal(text, indent)
    }
  }

  /** Blanks behind the last column become a line break. */
  private fold(text: string, indent: number, breaks: boolean, write: (char: string) => string, quote?: 'single'): void {
    if (quote === undefined && (!breaks || this.column + text.length <= width)) {
      this.put(text)
      return
    }
    const chars = [...text]
    let afterSpace = false
    for (const [i, char] of chars.entries()) {
      if (char === ' ') {
        const inside = quote === undefined || (i > 0 && i < chars.length - 1)
        if (breaks && !afterSpace && this.column > width && inside && chars[i + 1] !== ' ') this.line(indent)
        else this.put(' ')
        afterSpace = true
      } else {
        this.put(write(char))
        afterSpace = false
      }
    }
  }

  private double(text: string, indent: number, breaks: boolean): void {
    const chars = [...text]
    let afterSpace = false
    for (const [i, char] of chars.entries()) {
      if (char === ' ') {
        if (breaks && !afterSpace && this.column > width && i > 0 && i < chars.length - 1) {
          this.line(indent)
          if (chars[i + 1] === ' ') this.put('\\')
        } else this.put(' ')
        afterSpace = true
      } else {
        this.put(escapeDouble(char))
        afterSpace = false
      }
    }
  }

  private literal(text: string, indent: number): void {
    this.put('|')
    if (text.startsWith(' ')) this.put('2')
    if (!text.endsWith('\n')) this.put('-')
    else if (text === '\n' || text.endsWith('\n\n')) this.put('+')
    const lines = text.split('\n')
    if (text.endsWith('\n')) lines.pop()
    for (const line of lines) {
      this.put('\n')
      if (line !== '') this.put(' '.repeat(indent) + line)
    }
    this.put('\n')
  }

  private line(indent: number): void {
    if (this.column > 0) this.put('\n')
    this.put(' '.repeat(indent))
  }

  private put(text: string): void {
    this.text += text
    if (text === '\n') this.column = 0
    else this.column += ascii.test(text) ? text.length : [...text].length
  }
}

const ascii = /^[ -~]*$/

/** Texts that need no thought: too long for a word that means something else, and without signs. */
const safe = /^[a-zA-Z_/][\w./-]{5,}$/

function isCollection(
  output: Output,
): output is Exclude<Output, string | number | bigint | boolean | null | Float | Timestamp> {
  return typeof output === 'object' && output !== null && !(output instanceof Float) && !(output instanceof Timestamp)
}

function isSimpleKey(key: string): boolean {
  return !analyze(key).multiline && Buffer.byteLength(key) <= 128
}

function styleOf(text: string, analysis: Analysis, key: boolean): 'plain' | 'single' | 'double' | 'literal' {
  if (text.includes('\n')) return !key && analysis.literal && /\S/.test(text) ? 'literal' : 'double'
  const [type] = resolvePlain(text)
  if (isOldWord(text)) return analysis.single ? 'single' : 'double'
  if (type !== 'str') return 'double'
  if (analysis.plain) return 'plain'
  return analysis.single ? 'single' : 'double'
}

const base60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/

/** Words that YAML 1.1 reads as booleans and numbers. */
function isOldWord(text: string): boolean {
  return /^(?:y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF|<<)$/.test(text) || base60.test(text)
}

const escapes: Record<string, string> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\x85': '\\N',
  '\xa0': '\\_',
  '\u2028': '\\L',
  '\u2029': '\\P',
}

function escapeDouble(char: string): string {
  const code = char.codePointAt(0) ?? 0
  if (char === '"' || char === '\\') return `\\${char}`
  if (
    (code >= 0x20 && code <= 0x7e) ||
    (code >= 0xa0 && code <= 0xffff && code !== 0xfeff && !/[\u2028\u2029]/.test(char))
  )
    return char
  const known = escapes[char]
  if (known !== undefined) return known
  const hex = code.toString(16).toUpperCase()
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}

function yamlFloat(value: number): string {
  if (Number.isNaN(value)) return '.nan'
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf'
  return goFloat(value)
}
