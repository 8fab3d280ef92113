// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are Compose files.
// What the recorded cases of test/oracle/config can't hold: images pinned by a registry, and the output file.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configOf, inMemory } from '../../../test/memory-project.ts'
import { configAnswer } from './answer.ts'
import { fullName } from './images.ts'

const pinned = `sha256:${'1'.repeat(64)}`
const text = `services:\n  a: {image: shop, user: u, pre_start: [{command: x, image: "tool:2"}]}\n  b: {image: "r.io/b@${pinned}"}\n`
const digestOf = async (image: string) => `sha256:${image.length}`

test('images are pinned by their full name', async () => {
  const output = await configOf(text, { resolveImageDigests: true, digestOf })
  assert.match(output, /image: docker\.io\/library\/shop:latest@sha256:4/)
  assert.match(output, /image: docker\.io\/library\/tool:2@sha256:6/)
  assert.ok(output.includes(`image: r.io/b@${pinned}`))
})

test('a lock file pins the images and says nothing else', async () => {
  assert.equal(
    await configOf(text, { lockImageDigests: true, digestOf }),
    `services:\n  a:\n    image: docker.io/library/shop:latest@sha256:4\n  b:\n    image: r.io/b@${pinned}\n`,
  )
})

test('names of images', () => {
  const table: [string, string][] = [
    ['nginx', 'docker.io/library/nginx:latest'],
    ['team/app:1', 'docker.io/team/app:1'],
    ['localhost:5000/app', 'localhost:5000/app:latest'],
    [`ghcr.io/a/b:c@${pinned}`, `ghcr.io/a/b@${pinned}`],
  ]
  for (const [image, name] of table) assert.equal(fullName(image), name)
})

test('the output goes to a file, and what is quiet says nothing', async () => {
  const written: [string, string][] = []
  const write = (path: string, content: string) => written.push([path, content])
  const options = inMemory('services: {a: {image: "i:$$1"}}', { output: 'out.yaml', write })
  assert.deepEqual(await configAnswer(options), { stdout: '', stderr: '', exit: 0 })
  assert.equal(written[0]?.[0], '/project/out.yaml')
  assert.match(written[0]?.[1] ?? '', /image: i:\$\$1/)
  assert.deepEqual(await configAnswer({ ...options, quiet: true }), { stdout: '', stderr: '', exit: 0 })
})

test('a warning is on standard error, and no failure', async () => {
  const { stderr, exit } = await configAnswer(inMemory('services: {a: {image: "i:${NONE}"}}'))
  assert.equal(exit, 0)
  assert.match(
    stderr,
    /^time="\d{4}-\d\d-\d\dT[\d:]+Z" level=warning msg="The \\"NONE\\" variable is not set\. Defaulting to a blank string\. \(\/project\/compose\.yaml:1:16\)"\n$/,
  )
})
