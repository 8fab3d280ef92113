// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are templates of Compose files.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { substitute, variablesOf } from './template.ts'

const variables: Record<string, string> = { SET: 'value', EMPTY: '', INNER: 'SET' }

function run(text: string): { result: string; warnings: string[] } {
  const warnings: string[] = []
  return {
    result: substitute(
      text,
      name => variables[name],
      warning => warnings.push(warning),
    ),
    warnings,
  }
}

const table: [text: string, result: string][] = [
  ['plain', 'plain'],
  ['$SET-$SET', 'value-value'],
  ['${SET}${SET}', 'valuevalue'],
  ['$$SET', '$SET'],
  ['$', '$'],
  ['$1', '$1'],
  ['${SET:-d}', 'value'],
  ['${EMPTY:-d}', 'd'],
  ['${EMPTY-d}', ''],
  ['${NONE-d}', 'd'],
  ['${NONE:-${SET}}', 'value'],
  ['${NONE:-${ALSO:-deep}} and ${SET}', 'deep and value'],
  ['${SET:+alt}', 'alt'],
  ['${EMPTY:+alt}', ''],
  ['${EMPTY+alt}', 'alt'],
  ['${NONE+alt}', ''],
  ['${SET:?no}', 'value'],
  ['${NONE:-a:b-c?d}', 'a:b-c?d'],
  ['a ${NONE:-x} b ${NONE:-y} c', 'a x b y c'],
]

for (const [text, result] of table) test(`${text} is ${result}`, () => assert.equal(run(text).result, result))

test('a variable that is not set is warned about', () => {
  assert.deepEqual(run('$NONE'), {
    result: '',
    warnings: ['The "NONE" variable is not set. Defaulting to a blank string.'],
  })
})

test('a required variable tells why', () => {
  assert.throws(() => run('${NONE:?set it to ${SET}}'), /required variable NONE is missing a value: set it to value/)
  assert.throws(() => run('${NONE?}'), /required variable NONE is missing a value$/)
})

for (const text of ['${', '${SET', '${}', '${1A}', '${A B}', '${NONE:-${SET}'])
  test(`${text} is no template`, () => assert.throws(() => run(text), /Invalid template/))

test('the variables of a text are known with their defaults, nested ones too', () => {
  const found = variablesOf('$A ${B:-b} ${C:+${D}} ${E:?why} $$F')
  assert.deepEqual(found.map(({ name }) => name).sort(), ['A', 'B', 'C', 'D', 'E'])
  assert.equal(found.find(({ name }) => name === 'B')?.defaultValue, 'b')
  assert.equal(found.find(({ name }) => name === 'C')?.presenceValue, '${D}')
  assert.equal(found.find(({ name }) => name === 'E')?.required, true)
})
