import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDockerfile } from './dockerfile.ts'
import { expandWord, splitWords } from './words.ts'

const parse = (text: string) => parseDockerfile(text, 'Dockerfile')
const only = (text: string) => parse(`FROM scratch\n${text}`).stages[0]?.instructions[0]

test('a line goes on behind a backslash, past comments and empty lines', () => {
  const found = only('RUN echo a \\\n  # a comment\n\n  && echo "# none" \\  \n  && echo b')
  assert.equal(found?.text, 'echo a   && echo "# none"   && echo b')
  assert.deepEqual([found?.first, found?.last], [2, 6])
})

test('two backslashes end a line', () => assert.equal(only('RUN echo a\\\\')?.text, 'echo a\\\\'))

test('another escape token', () => {
  const { stages } = parse('# escape=`\nFROM scratch\nRUN dir c:\\ `\n  && x\n')
  assert.equal(stages[0]?.instructions[0]?.text, 'dir c:\\   && x')
})

test('directives stand before everything else, each once', () => {
  assert.equal(parse('# syntax=docker/dockerfile:1\n# check=skip=all\nFROM a').directives.size, 2)
  assert.equal(parse('# a comment\n# escape=`\nFROM a').escapeToken, '\\')
  assert.throws(() => parse('#escape=`\n#escape=`\nFROM a'), /only one escape parser directive/)
  assert.throws(() => parse('#escape=x\nFROM a'), /invalid escape token 'x'/)
})

test('here-documents: chomped, quoted, several', () => {
  const found = only('COPY <<"one" <<-two /d/\na\n#b\none\n\tc\n\ttwo\nRUN x')
  assert.deepEqual(found?.heredocs, [
    { name: 'one', chomp: false, expand: false, content: 'a\n#b\n' },
    { name: 'two', chomp: true, expand: true, content: 'c\n' },
  ])
  assert.equal(only("RUN cat <<<x '<<EOF' 3<<EOF\ny\nEOF")?.heredocs.length, 1)
  assert.throws(() => only('RUN <<EOF\nx'), /unterminated heredoc EOF/)
})

test('stages, names and what stands before them', () => {
  const { globals, stages } = parse('ARG V=1\nFROM --platform=$BUILDPLATFORM a:$V AS Base\nFROM base')
  assert.equal(globals.length, 1)
  assert.deepEqual(
    stages.map(({ name, base, platform }) => ({ name, base, platform })),
    [
      { name: 'base', base: 'a:$V', platform: '$BUILDPLATFORM' },
      { name: undefined, base: 'base', platform: undefined },
    ],
  )
})

for (const [text, message] of [
  ['', /has no stage/],
  ['RUN a', /no build stage in current context/],
  ['FROM a b', /either one or three/],
  ['FROM a AS 1', /invalid name for build stage/],
  ['FROM a\nRUNN a', /unknown instruction: RUNN/],
  ['FROM a\nCOPY --chwon=1 a b', /unknown flag: --chwon/],
  ['FROM a\nCOPY --from=a --from=b a b', /duplicate flag specified: from/],
  ['FROM a\nENV', /ENV requires at least one argument/],
] as const)
  test(`refused: ${JSON.stringify(text)}`, () => assert.throws(() => parse(text), message))

test('an error names its line and the nearest instruction', () => {
  assert.throws(() => parse('FROM a\n\nCPOY a b'), { path: 'Dockerfile:3', hint: 'did you mean COPY?' })
})

const variables = { A: 'x', EMPTY: '', PATH: '/a/b.tar.gz' } as Record<string, string>
for (const [word, expected] of [
  [`$A-\${A}`, 'x-x'],
  ['\\$A', '$A'],
  ["'$A'", '$A'],
  ['"$A \\" \\n"', 'x " \\n'],
  [`\${NONE:-d$A}`, 'dx'],
  [`\${EMPTY:-d}`, 'd'],
  [`\${EMPTY-d}`, ''],
  [`\${A:+y}\${NONE+z}`, 'y'],
  [`\${PATH#*/}`, 'a/b.tar.gz'],
  [`\${PATH##*/}`, 'b.tar.gz'],
  [`\${PATH%.*}`, '/a/b.tar'],
  [`\${PATH%%.*}`, '/a/b'],
  [`\${PATH/a/c}`, '/c/b.tar.gz'],
  [`\${PATH//a/c}`, '/c/b.tcr.gz'],
  ['a$', 'a$'],
  ['$NONE', ''],
] as const)
  test(`${word} is ${expected}`, () =>
    assert.equal(expandWord(word, { escapeToken: '\\', variables: name => variables[name] }), expected))

test('what can not be read as a word', () => {
  const expand = (word: string) => expandWord(word, { escapeToken: '\\', variables: () => undefined })
  assert.throws(() => expand('"a'), /looking for matching "/)
  assert.throws(() => expand(`\${A`), /unsupported modifier|looking for matching }/)
  assert.throws(() => expand(`\${A:?is needed}`), /A: is needed/)
  assert.throws(() => expand(`\${A^^}`), /unsupported modifier/)
})

test('words end at blanks outside of quotes', () =>
  assert.deepEqual(splitWords(`A=1 B="x y" C=\\ d 'e f'`, '\\'), ['A=1', 'B="x y"', 'C=\\ d', "'e f'"]))
