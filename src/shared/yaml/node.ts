// What the parser makes of a document. Nodes are shared between an anchor and its aliases.
import type { Mark } from './mark.ts'

export type Node = ScalarNode | SequenceNode | MappingNode | AliasNode

export interface ScalarNode extends Mark {
  kind: 'scalar'
  /** Empty when none was written. */
  tag: string
  value: string
  plain: boolean
}

export interface SequenceNode extends Mark {
  kind: 'sequence'
  tag: string
  items: Node[]
}

export interface MappingNode extends Mark {
  kind: 'mapping'
  tag: string
  /** Keys and values by turns. */
  items: Node[]
}

export interface AliasNode extends Mark {
  kind: 'alias'
  tag: ''
  target: Node
}
