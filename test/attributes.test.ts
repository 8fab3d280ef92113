// Every attribute of the schema has a file in test/attributes that shows its forms, how two files merge, what is
// refused, and that the output is its own input, as YAML and as JSON.
import assert from 'node:assert/strict'
import { globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { compose, definitions } from '../schema/compose.ts'
import { again, ask, isWhole, readFixture } from './attributes/fixture.ts'

/** What Docker Compose's JSON leaves out or spells otherwise, so that it is not its own input. */
const lostInJson = ['blkio_config', 'models', 'models.all', 'top.x-extension']

const names = readdirSync(join(import.meta.dirname, 'attributes')).filter(name => name.endsWith('.txt'))

for (const name of names)
  test(name.replace(/\.txt$/, ''), async () => {
    const { forms, merges, refusals } = readFixture(name)
    const whole = isWhole(name)
    const missing = Object.entries({ forms, merges, refusals }).flatMap(([kind, list]) =>
      list.length === 0 ? [kind] : [],
    )
    assert.deepEqual(missing, [], 'shown by no section')
    for (const { text, is } of forms) await compare(name, await ask(whole, text), is)
    for (const { base, over, merged } of merges) await compare(name, await ask(whole, base, over), merged)
    for (const { text, because } of refusals) {
      const { stderr, exit, stdout } = await ask(whole, text)
      assert.equal(exit, 1, `accepted: ${text}${stdout}`)
      assert.equal(stderr, because, text)
    }
  })

async function compare(name: string, answer: Awaited<ReturnType<typeof ask>>, expected: string): Promise<void> {
  assert.equal(answer.exit, 0, answer.stderr)
  assert.equal(answer.shown, expected)
  const { yaml, ofJson } = await again(answer.stdout)
  assert.equal(yaml, answer.stdout, 'the output is its own input')
  const lost = lostInJson.includes(name.replace(/\.txt$/, ''))
  if (!lost) assert.equal(ofJson, answer.stdout, 'the output as JSON is its own input')
}

test('every attribute of the schema has its file', () => {
  const sections = Object.keys(compose.properties).map(key => (hasAttributes(key) ? `${key}.all` : `top.${key}`))
  const expected = [...Object.keys(definitions.service.properties), ...sections, 'top.x-extension']
  assert.deepEqual(names.map(name => name.replace(/\.txt$/, '')).sort(), expected.sort())
})

/** Loading has used these up: they are in other attributes, or nothing comes of them. (So is `extends`, a keyword.) */
const resolved = ['env_file', 'label_file', 'pull_refresh_after']

test('every attribute of a service is used by what makes containers, or is warned about', () => {
  const users = globSync('src/{scheduler,cli,commands,model/project,model/checks}/**/*.ts')
    .filter(file => !file.endsWith('.test.ts'))
    .map(file => readFileSync(file, 'utf8'))
    .join('\n')
  const property = (key: string) => key.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
  const unused = Object.keys(definitions.service.properties).filter(
    key => !new RegExp(`\\b${property(key)}\\b`).test(users),
  )
  assert.deepEqual(unused.sort(), resolved.sort())
})

/** networks, volumes, configs, secrets and models: their attributes are in one file each. */
function hasAttributes(section: string): boolean {
  return section.endsWith('s') && section !== 'services' && Object.hasOwn(definitions, section.replace(/s$/, ''))
}
