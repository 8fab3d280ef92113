// One attribute's file: what is written, and what `config` makes of it. Sections begin with `== name`: a `form` is
// followed by what it `is`, a `base` by what is merged `over` it and what is `merged`, a `refused` by `because`.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { configAnswer } from '../../src/commands/config/answer.ts'
import { inMemory } from '../memory-project.ts'

export interface Fixture {
  forms: { text: string; is: string }[]
  merges: { base: string; over: string; merged: string }[]
  refusals: { text: string; because: string }[]
}

const order: Readonly<Record<string, readonly string[]>> = {
  form: ['is'],
  base: ['over', 'merged'],
  refused: ['because'],
}

export function readFixture(name: string): Fixture {
  const text = readFileSync(join(import.meta.dirname, name), 'utf8')
  const sections = text
    .split(/^== /m)
    .slice(1)
    .map(section => {
      const end = section.indexOf('\n')
      return { title: section.slice(0, end), body: section.slice(end + 1) }
    })
  const fixture: Fixture = { forms: [], merges: [], refusals: [] }
  while (sections.length > 0) {
    const { title = '', body: first = '' } = sections.shift() ?? {}
    const rest = order[title]?.map(expected => {
      const next = sections.shift()
      if (next?.title !== expected) throw new Error(`${name}: after ${title} comes ${expected}, not ${next?.title}`)
      return next.body
    })
    const [second = '', third = ''] = rest ?? []
    if (title === 'form') fixture.forms.push({ text: first, is: second })
    else if (title === 'base') fixture.merges.push({ base: first, over: second, merged: third })
    else if (title === 'refused') fixture.refusals.push({ text: first, because: second })
    else throw new Error(`${name}: no section is called ${title}`)
  }
  return fixture
}

/** Files with a dot in their name hold whole Compose files, the others attributes of the service `a`. */
export function isWhole(name: string): boolean {
  return name.replace(/\.txt$/, '').includes('.')
}

/** What attributes of a service may refer to. */
const resources = `  db: {image: shop/db}
networks: {front: , back: }
volumes: {data: }
configs: {conf: {file: ./conf.txt}}
secrets: {key: {file: ./key.txt}}
`
const models = 'models: {llm: {model: ai/small}}\n'

const files: Readonly<Record<string, string>> = {
  'a.env': 'ONE=1\nTWO="$ONE two"\n',
  'b.env': "ONE='b'\n",
  'a.labels': 'team=core\n',
  'b.labels': 'team=b\n',
  'base.yaml': 'services: {base: {image: shop/base, user: base, volumes: [./x:/x]}}\n',
  'sub/compose.yaml': 'services: {inner: {image: "shop/inner:$ONE", volumes: [./in:/in]}}\n',
  'sub/more.yaml': 'services: {inner: {tty: true}}\n',
}

/** What `config` says to one text, or to two that are merged. */
export async function ask(whole: boolean, ...texts: string[]) {
  const [main = '', over] = texts.map((text, index) => (whole ? text : inService(text, index === 0)))
  const named = { ...files, 'compose.yaml': main, ...(over === undefined ? {} : { 'compose.override.yaml': over }) }
  const { stdout, stderr, exit } = await configAnswer(inMemory(named, { profiles: ['*'] }))
  return { stdout, shown: whole ? stdout.replace(/^name: project\n/, '') : ofService(stdout), stderr, exit }
}

/** The same for what `config` printed, as YAML and as JSON. */
export async function again(stdout: string): Promise<{ yaml: string; ofJson: string }> {
  const { stdout: yaml } = await configAnswer(inMemory({ ...files, 'compose.yaml': stdout }, { profiles: ['*'] }))
  const { stdout: json } = await configAnswer(
    inMemory({ ...files, 'compose.yaml': stdout }, { profiles: ['*'], format: 'json' }),
  )
  const { stdout: ofJson } = await configAnswer(inMemory({ ...files, 'compose.yaml': json }, { profiles: ['*'] }))
  return { yaml, ofJson }
}

function inService(text: string, first: boolean): string {
  const image = first && !/^(?:image|build|provider|extends):/m.test(text) ? '    image: shop/a\n' : ''
  const lines = text.trimEnd().split('\n')
  return `services:\n  a:\n${image}${lines.map(line => `    ${line}\n`).join('')}${first ? resources + (text.startsWith('models:') ? models : '') : ''}`
}

/** The service's part, without what every service has. */
function ofService(stdout: string): string {
  const [, block = ''] = /^ {2}a:\n((?: {4}.*\n)*)/m.exec(stdout) ?? []
  return block
    .replace(/^ {4}/gm, '')
    .replace(/^image: shop\/a\n/m, '')
    .replace(/^networks:\n {2}default: null\n/m, '')
}
