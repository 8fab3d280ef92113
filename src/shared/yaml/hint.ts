// What to do about YAML that can't be read. The sentences are go-yaml's and speak of its parser.

const hints: readonly (readonly [RegExp, string])[] = [
  [
    /cannot start any token/,
    'YAML is indented with spaces, not tabs, and a text that begins with @ or ` needs quotes.',
  ],
  [
    /did not find expected key|did not find expected '-' indicator/,
    'Lines of one level begin in the same column: compare this one with those above.',
  ],
  [/mapping values are not allowed/, 'A text with `: ` in it needs quotes; if this is a key, look at the indentation.'],
  [/did not find expected ',' or/, 'A [ or { of this value is not closed, or a comma is missing.'],
  [/did not find expected node content/, 'A value is missing here.'],
  [/could not find expected ':'/, 'A key ends with a colon and a space.'],
  [/found unexpected end of stream/, 'A quote is not closed.'],
  [/unknown anchor/, 'An anchor (&name) stands before its aliases (*name), in the same file.'],
  [/already defined at line/, 'A key can be there once: remove one, or join the two.'],
  [/control characters are not allowed/, 'Is this a text file?'],
]

export function yamlHint(sentence: string): string | undefined {
  return hints.find(([pattern]) => pattern.test(sentence))?.[1]
}
