// A position in YAML text. Lines and columns count from 0.

export interface Mark {
  readonly line: number
  readonly column: number
}
