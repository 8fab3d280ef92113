// Every operation of the API document is served, refused with a sentence, or answered as Docker Engine answers outside
// of a swarm; docs/engine-api.md is this table. After a change: UPDATE=1 node --test test/api-operations.test.ts
import assert from 'node:assert/strict'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { allOperations } from '../src/engine/api/router.ts'
import { notServed, unsupported, withoutMeaning } from '../src/engine/api/unsupported.ts'

const page = new URL('../docs/engine-api.md', import.meta.url)

/** Route key to the text of the file that serves it. */
const served = new Map(
  globSync('src/engine/api/*.ts')
    .filter(file => !/\.test\.ts$|router\.ts$|unsupported\.ts$/.test(file))
    .flatMap(file => {
      const text = readFileSync(file, 'utf8')
      return [...text.matchAll(/^ {4}'([A-Z]+ \/[^']*)': /gm)].map(([, key = '']) => [key, text] as const)
    }),
)

test('every route that is served is in the API document or among the extensions', () => {
  assert.ok(served.size > 40, `${served.size} routes were found`)
  assert.deepEqual(
    [...served.keys()].filter(key => !(key in allOperations)),
    [],
  )
})

test('every query parameter of a served operation has its effect, is refused, or has no meaning here', () => {
  const ignored = [...served].flatMap(([key, text]) =>
    Object.keys(allOperations[key]?.query ?? {})
      .filter(name => ![...(unsupported[key] ?? []), ...(withoutMeaning[key] ?? [])].includes(name))
      .filter(name => !['query', 'request.query'].some(from => reads(text, name, from)))
      .map(name => `${key}: ${name}`),
  )
  assert.deepEqual(ignored, [])
})

/** `query.name`, or taken out of it; a file that hands the query on names what it takes in the type of the parameter. */
function reads(text: string, name: string, from: string): boolean {
  const taken = [...text.matchAll(new RegExp(`\\{([^{}]*)\\} = ${from.replace('.', '\\.')}\\b`, 'g'))].map(
    ([, names = '']) => names,
  )
  const handed = [...text.matchAll(/function \w+\(\{([^{}]*)\}: \{/g)].map(([, names = '']) => names)
  const listed = new RegExp(`(?:^|[\\s,])${name}(?=$|[\\s,=:])`)
  return (
    text.includes(`${from}.${name}`) ||
    text.includes(`${from}['${name}']`) ||
    [...taken, ...handed].some(names => listed.test(names))
  )
}

test('what is refused or has no meaning is a parameter of a served operation', () => {
  const stale = [unsupported, withoutMeaning].flatMap(table =>
    Object.entries(table).flatMap(([key, names]) =>
      names
        .filter(name => !served.has(key) || !(name in (allOperations[key]?.query ?? {})))
        .map(name => `${key}: ${name}`),
    ),
  )
  assert.deepEqual(stale, [])
})

test('docs/engine-api.md says what is served', () => {
  const text = table()
  if (process.env.UPDATE) writeFileSync(page, text)
  assert.equal(readFileSync(page, 'utf8'), text)
})

function table(): string {
  const rows = Object.entries(allOperations).map(([key, { tag }]) => {
    const refused = unsupported[key] ?? []
    const parameters = refused.length > 0 ? `, but ${refused.map(name => `\`${name}\``).join(', ')} (501)` : ''
    const answer =
      served.has(key) || (key.startsWith('HEAD ') && served.has(key.replace('HEAD ', 'GET ')))
        ? `served${parameters}`
        : refusal(key, tag)
    return `| ${tag} | \`${key}\` | ${answer} |`
  })
  const count = rows.filter(row => row.includes('| served')).length
  return `# The Engine API of this engine

Written by test/api-operations.test.ts from the API document (schema/engine-api-v1.51.yaml), the extensions (src/docker/protocol/extensions.ts) and the routes: ${count} of ${rows.length} operations are served. A path that is not here answers 404.

| resource | operation | answer |
|---|---|---|
${rows.join('\n')}
`
}

function refusal(key: string, tag: string): string {
  return notServed(key, tag).code === 'unavailable'
    ? '503: this node is not a swarm manager'
    : '501: not supported by this engine'
}
