// What can be wrong with the syntax, and go-yaml's sentence for it: its stage, what it was doing, what it missed.
import type { ComposeError } from '../errors.ts'
import { yamlError } from './error.ts'
import type { Mark } from './mark.ts'

type Stage = Parameters<typeof yamlError>[0]

const problems = {
  nestedValue: ['scanner', undefined, 'mapping values are not allowed in this context'],
  nestedEntry: ['scanner', undefined, 'block sequence entries are not allowed in this context'],
  noStart: ['scanner', 'while scanning for the next token', 'found character that cannot start any token'],
  noColon: ['scanner', 'while scanning a simple key', "could not find expected ':'"],
  openQuote: ['scanner', 'while scanning a quoted scalar', 'found unexpected end of stream'],
  unknownEscape: ['scanner', 'while scanning a quoted scalar', 'found unknown escape character'],
  noHexadecimal: ['scanner', 'while scanning a quoted scalar', 'did not find expected hexadecimal number'],
  invalidEscape: ['scanner', 'while scanning a quoted scalar', 'found invalid Unicode character escape code'],
  zeroIndent: ['scanner', 'while scanning a block scalar', 'found an indentation indicator equal to 0'],
  tabIndent: [
    'scanner',
    'while scanning a block scalar',
    'found a tab character where an indentation space is expected',
  ],
  blockHead: ['scanner', 'while scanning a block scalar', 'did not find expected comment or line break'],
  anchorName: ['scanner', 'while scanning an anchor', 'did not find expected alphabetic or numeric character'],
  tagText: ['scanner', 'while parsing a tag', 'did not find expected tag URI'],
  tagEnd: ['scanner', 'while scanning a tag', 'did not find expected whitespace or line break'],
  tagLetter: ['scanner', 'while parsing a tag', 'found character that is not allowed in a YAML tag'],
  unknownDirective: ['scanner', 'while scanning a directive', 'found unknown directive name'],
  noKey: ['parser', 'while parsing a block mapping', 'did not find expected key'],
  noEntry: ['parser', 'while parsing a block collection', "did not find expected '-' indicator"],
  openSequence: ['parser', 'while parsing a flow sequence', "did not find expected ',' or ']'"],
  openMapping: ['parser', 'while parsing a flow mapping', "did not find expected ',' or '}'"],
  noContent: ['parser', 'while parsing a block node', 'did not find expected node content'],
  noFlowContent: ['parser', 'while parsing a flow node', 'did not find expected node content'],
  undefinedHandle: ['parser', 'while parsing a node', 'found undefined tag handle'],
  noDocument: ['parser', undefined, 'did not find expected <document start>'],
  version: ['parser', undefined, 'found incompatible YAML document'],
  twoVersions: ['parser', undefined, 'found duplicate %YAML directive'],
  twoHandles: ['parser', undefined, 'found duplicate %TAG directive'],
} as const satisfies Record<string, readonly [stage: Stage, doing: string | undefined, problem: string]>

export type Problem = keyof typeof problems

/** `from` is where that which is being read began. */
export function syntaxError(name: Problem, at: Mark, from: Mark = at): ComposeError {
  const [stage, doing, problem] = problems[name]
  return yamlError(stage, problem, at, doing === undefined ? undefined : { message: doing, mark: from })
}
