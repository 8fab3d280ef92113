// The part of JSON schema 2020-12 that the Compose schema uses; a keyword beyond it does not compile.

export type TypeName = 'null' | 'boolean' | 'number' | 'integer' | 'string' | 'array' | 'object'

export interface Schema {
  readonly type?: TypeName | readonly TypeName[]
  readonly enum?: readonly string[]
  /** As the specification has them, these are not anchored. */
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly properties?: { readonly [name: string]: Schema }
  readonly patternProperties?: { readonly [pattern: string]: Schema }
  readonly additionalProperties?: boolean | Schema
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly uniqueItems?: boolean
  readonly oneOf?: readonly Schema[]
  readonly $ref?: `#/$defs/${string}`
}
