// How one attribute's value gets from the raw model into a Project, and how `config` prints it.
// Each type of value is a Kind; the tables in shapes/ say which attribute has which.
import { ComposeError, messageOf } from '../../../shared/errors.ts'
import type { Float, Timestamp, Tree, Value } from '../../../shared/yaml/tree.ts'
import { goType } from '../../values/scalar.ts'

/** What is printed. A Map is printed in its own order, a Sorted or a Tree by key. */
export type Output =
  | null
  | boolean
  | number
  | bigint
  | string
  | Float
  | Timestamp
  | Output[]
  | Map<string, Output>
  | Tree

export class Sorted extends Map<string, Output> {}

export interface Kind<T> {
  /** What stands for an attribute that was not written; undefined leaves the property out. */
  absent(): T | undefined
  /** Undefined is what is as good as not written. `at` is for errors, which go to `problems`. */
  decode(value: Value, at: string, problems: Problems): T | undefined
  /** Undefined is not printed. */
  yaml(value: T): Output | undefined
  json(value: T): Output | undefined
  /** Printed in JSON though the property is absent. */
  jsonAbsent?(): Output
}

/** A kind whose property is always there: what was not written has a value too, an empty list for one. */
export interface Present<T> extends Kind<T> {
  absent(): T
  /** Tells the compiler; nothing asks for it at run time. */
  readonly isPresent: true
}

/** Mistakes are collected, so that all are told at once. */
export class Problems {
  readonly sentences: string[] = []
  private hint: string | undefined
  /** `at` is where, as in `decode`. */
  readonly warn: (sentence: string, at: string) => void

  constructor(warn: (sentence: string, at: string) => void) {
    this.warn = warn
  }

  /** Runs a parser; its error becomes one of the problems. */
  attempt<T>(at: string, parse: () => T): T | undefined {
    try {
      return parse()
    } catch (error) {
      this.sentences.push(`'${at}' ${messageOf(error)}`)
      if (error instanceof ComposeError) this.hint ??= error.hint
      return undefined
    }
  }

  mismatch(at: string, wanted: string, value: Value): undefined {
    this.sentences.push(`'${at}' expected type '${wanted}', got unconvertible type '${goType(value)}'`)
  }

  throwIfAny(): void {
    if (this.sentences.length === 0) return
    const [first = ''] = this.sentences
    throw new ComposeError(
      'invalid_argument',
      `decoding failed due to the following error(s):\n\n${this.sentences.join('\n')}`,
      { path: /^'([^']*)'/.exec(first)?.[1]?.replace(/\[([^\]]*)\]/g, '.$1'), hint: this.hint },
    )
  }
}
