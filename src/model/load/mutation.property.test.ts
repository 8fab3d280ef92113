// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are Compose files.
// The recorded Compose files with a slip of the pen: each loads or is refused with a sentence, in a short time.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { inMemory } from '../../../test/memory-project.ts'
import { configAnswer } from '../../commands/config/answer.ts'
import { ComposeError } from '../../shared/errors.ts'
import type { RemoteLoader } from '../files/remote/remote.ts'

const cases = new URL('../../../test/oracle/config/cases/', import.meta.url).pathname
const texts = globSync('*/compose.yaml', { cwd: cases }).map(file => readFileSync(`${cases}${file}`, 'utf8'))
const words = [
  '',
  '!reset ',
  '&a ',
  '*a',
  '[',
  '}',
  '"',
  "'",
  ': ',
  '- ',
  '${',
  '$',
  '\t',
  '\n',
  '|',
  'null',
  '~',
  '-1',
  '1e99',
  '\u0000',
  '<<: ',
  '---\n',
]

const offline: RemoteLoader = {
  accepts: () => false,
  fetch: () => Promise.reject(new ComposeError('unavailable', 'tests have no network')),
}

interface Slip {
  at: number
  cut: number
  word: string
}

const slips = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    cut: fc.nat(12),
    word: fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 4 })),
  }),
  { minLength: 1, maxLength: 4 },
)

function mutate(text: string, changes: readonly Slip[]): string {
  return changes.reduce((changed, { at, cut, word }) => {
    const start = Math.floor(at * changed.length)
    return changed.slice(0, start) + word + changed.slice(start + cut)
  }, text)
}

test('a file with slips loads or is refused, and soon', async () => {
  assert.ok(texts.length > 500)
  const property = fc.asyncProperty(fc.constantFrom(...texts), slips, async (text, changes) => {
    const began = performance.now()
    const { stdout, stderr, exit } = await configAnswer(inMemory(mutate(text, changes), { remote: offline }))
    assert.ok(performance.now() - began < 2000, 'took too long')
    assert.doesNotMatch(stderr, /internal error/)
    assert.ok(exit === 0 ? stdout !== '' : stderr !== '')
  })
  await fc.assert(property, { numRuns: 3000 })
})

test('a file with two halves of others loads or is refused', async () => {
  const property = fc.asyncProperty(fc.constantFrom(...texts), fc.constantFrom(...texts), async (one, other) => {
    const files = { 'compose.yaml': one, 'compose.override.yaml': other }
    const { stderr } = await configAnswer(inMemory(files, { remote: offline }))
    assert.doesNotMatch(stderr, /internal error/)
  })
  await fc.assert(property, { numRuns: 1000 })
})
