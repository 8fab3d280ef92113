// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are dotenv files.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDotenv, parseRawEnv } from './dotenv.ts'

const outer: Record<string, string> = { HOST: 'host' }

function parse(text: string, parser = parseDotenv): Record<string, string> {
  const variables: Record<string, string> = {}
  parser(text, variables, { file: '.env', lookup: name => outer[name], warn: () => {} })
  return variables
}

const table: [text: string, variables: Record<string, string>][] = [
  ['A=1\nB = 2\n', { A: '1', B: '2' }],
  ['export A=1\nexport\tB=2', { A: '1', B: '2' }],
  ['A: yaml', { A: 'yaml' }],
  ['# comment\nA=1 # comment\nB=1#no\n', { A: '1', B: '1#no' }],
  ['A=\'$HOST \\n\' \nB="$HOST\\n"', { A: '$HOST \\n', B: 'host\n' }],
  ['A="two\nlines"', { A: 'two\nlines' }],
  ['A="say \\"hi\\""', { A: 'say "hi"' }],
  ['A=1\nB=${A}${C:-c}', { A: '1', B: '1c' }],
  ['HOST\nNONE\nA=1', { HOST: 'host', A: '1' }],
  ['A=\nB=""', { A: '', B: '' }],
  ['\ufeffA=1\r\nB=2\r\n', { A: '1', B: '2' }],
]

for (const [text, variables] of table) test(JSON.stringify(text), () => assert.deepEqual(parse(text), variables))

test('errors name the file and the line', () => {
  assert.throws(() => parse('A=1\nB C=2'), /failed to read \.env: line 2: key cannot contain a space/)
  assert.throws(() => parse('A="open'), /line 1: unterminated quoted value "open/)
  assert.throws(() => parse('A*=1'), /unexpected character "\*" in variable name "A\*=1"/)
})

test('raw files have neither quotes nor variables', () => {
  assert.deepEqual(parse('A="$HOST" # x\n # c\nHOST\n', parseRawEnv), { A: '"$HOST" # x', HOST: 'host' })
  assert.throws(() => parse('A B=1', parseRawEnv), /variable 'A B' contains whitespaces/)
})
