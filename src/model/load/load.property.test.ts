// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a text is a template of a Compose file.
// What holds for every file: loading ends in a project or in a ComposeError, and the output of `config` loads to itself.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { arbitraryFile } from '../../../test/arbitrary-file.ts'
import { inMemory } from '../../../test/memory-project.ts'
import { configAnswer } from '../../commands/config/answer.ts'
import { ComposeError } from '../../shared/errors.ts'
import { loadProject } from './load.ts'

async function loadsOrRefuses(text: string): Promise<void> {
  try {
    await loadProject(inMemory(text))
  } catch (error) {
    if (!(error instanceof ComposeError)) throw error
    assert.notEqual(error.code, 'internal')
  }
}

test('a file that the schema nearly allows loads, or is refused', async () => {
  const property = fc.asyncProperty(arbitraryFile(), file => loadsOrRefuses(JSON.stringify(file)))
  await fc.assert(property, { numRuns: 500 })
})

test('any text loads, or is refused', async () => {
  const yamlish = fc
    .array(
      fc.constantFrom(
        'services',
        'a',
        ':',
        ': ',
        '\n',
        '  ',
        '- ',
        '[',
        ']',
        '{',
        '}',
        '&x ',
        '*x',
        '!reset ',
        '"',
        "'",
        '|',
        '>',
        '#',
        '---\n',
        '${',
        '}',
        '<<',
        ',',
        '\t',
        '? ',
        'image',
      ),
      { maxLength: 40 },
    )
    .map(parts => parts.join(''))
  await fc.assert(fc.asyncProperty(fc.oneof(yamlish, fc.string({ unit: 'binary' })), loadsOrRefuses), { numRuns: 1000 })
})

test('what is nested without end is refused', async () => {
  const deep = '${A:-'.repeat(50_000) + '}'.repeat(50_000)
  await assert.rejects(loadProject(inMemory(`services: {a: {image: "${deep}"}}`)), /nested too deeply/)
})

test('what config prints is its own input', async () => {
  let printed = 0
  const property = fc.asyncProperty(arbitraryFile(), async file => {
    const first = await configAnswer(inMemory(JSON.stringify(file)))
    // ssh keys with a path print in a form that is not theirs, as in Docker Compose.
    if (first.exit !== 0 || /^ +ssh:/m.test(first.stdout)) return
    printed++
    const second = await configAnswer(inMemory(first.stdout))
    assert.equal(second.stdout, first.stdout, second.stderr)
  })
  await fc.assert(property, { numRuns: 600 })
  assert.ok(printed > 20, `only ${printed} files were valid`)
})
