// A position in YAML text, and which characters mean what. Lines and columns count from 0.
// The text ends with a NUL, so that looking ahead needs no bounds.
import { yamlError } from './error.ts'
import type { Mark } from './mark.ts'

export class Cursor {
  readonly text: string
  pos = 0
  line = 0
  private lineStart = 0

  constructor(text: string) {
    this.text = `${text}\0`
  }

  get column(): number {
    return this.pos - this.lineStart
  }

  get mark(): Mark {
    return { line: this.line, column: this.pos - this.lineStart }
  }

  at(offset = 0): number {
    return this.text.charCodeAt(this.pos + offset)
  }

  /** Past one line break; returns it as it counts in a value. */
  takeBreak(): string {
    const code = this.at()
    this.pos += code === CR && this.at(1) === LF ? 2 : 1
    this.line++
    this.lineStart = this.pos
    return code === LS || code === PS ? String.fromCharCode(code) : '\n'
  }

  /** True for `---` and `...` alone at the start of a line. */
  atDocumentMark(): boolean {
    if (this.column !== 0) return false
    const code = this.at()
    if (code !== DASH && code !== DOT) return false
    return this.at(1) === code && this.at(2) === code && isBlankOrEnd(this.at(3))
  }

  fail(problem: string, context?: { message: string; mark: Mark }): never {
    throw yamlError('scanner', problem, this.mark, context)
  }
}

const LF = 0x0a
const CR = 0x0d
export const TAB = 0x09
export const SPACE = 0x20
const DASH = 0x2d
const DOT = 0x2e
const NEL = 0x85
const LS = 0x2028
const PS = 0x2029

export function isBreak(code: number): boolean {
  return code === LF || code === CR || code === NEL || code === LS || code === PS
}

export function isBlank(code: number): boolean {
  return code === SPACE || code === TAB
}

export function isBreakOrEnd(code: number): boolean {
  return code === 0 || isBreak(code)
}

export function isBlankOrEnd(code: number): boolean {
  return code === SPACE || code === TAB || code === 0 || isBreak(code)
}

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

/** Letters, digits, `_` and `-`. */
export function isWord(code: number): boolean {
  return (
    isDigit(code) || (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === 0x5f || code === DASH
  )
}
