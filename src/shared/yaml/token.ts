// The words of YAML, as the scanner hands them to the parser.
import type { Mark } from './mark.ts'

export type Token = Mark & TokenBody

export type TokenBody =
  | { type: Punctuation }
  | { type: 'alias' | 'anchor'; value: string }
  | { type: 'tag'; handle: string; suffix: string }
  | { type: 'scalar'; value: string; plain: boolean }
  | { type: 'yaml-directive'; version: string }
  | { type: 'tag-directive'; handle: string; prefix: string }

export type Punctuation =
  | 'stream-end'
  | 'document-start'
  | 'document-end'
  | 'block-sequence-start'
  | 'block-mapping-start'
  | 'block-end'
  | 'flow-sequence-start'
  | 'flow-sequence-end'
  | 'flow-mapping-start'
  | 'flow-mapping-end'
  | 'block-entry'
  | 'flow-entry'
  | 'key'
  | 'value'
