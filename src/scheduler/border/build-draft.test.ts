import assert from 'node:assert/strict'
import { test } from 'node:test'
import { projectOf } from '../../../test/memory-project.ts'
import type { LoadOptions } from '../../model/load/load.ts'
import { buildDraft, builtContexts, noBuildFlags, withBuildsBefore } from './build-draft.ts'

async function draftOf(text: string, options: Partial<LoadOptions> = {}) {
  const project = await projectOf(text, options)
  const service = project.services.a
  assert.ok(service)
  const warnings: string[] = []
  return { draft: buildDraft(project, service, noBuildFlags, warnings), warnings }
}

const withSecret = (secret: string) =>
  `services: {a: {build: {context: ., secrets: [{source: s, target: t}]}}}\nsecrets: {s: ${secret}}`

test('a secret of a file or of a variable is taken; nothing else is one for a build', async () => {
  const ofFile = await draftOf(withSecret('{file: ./f}'))
  assert.deepEqual(ofFile.draft.secrets, [{ id: 't', from: { file: '/project/f' } }])
  const ofVariable = await draftOf(withSecret('{environment: V}'), { env: { V: 'value' } })
  assert.deepEqual(ofVariable.draft.secrets, [{ id: 't', from: { variable: 'V', content: 'value' } }])
  await assert.rejects(draftOf(withSecret('{external: true}')), {
    message: 'build.secrets only supports environment or file-based secrets: "s"',
    path: 'services.a.build.secrets',
  })
})

test('a variable that is not set makes an empty secret, and is told', async () => {
  const { draft, warnings } = await draftOf(withSecret('{environment: V}'))
  assert.deepEqual(draft.secrets, [{ id: 't', from: { variable: 'V', content: '' } }])
  assert.deepEqual(warnings, ['services.a.build.secrets: the variable "V" is not set, so the secret "s" is empty'])
})

test('a build that begins with another service has that build, with its secrets, though only one is named', async () => {
  const { draft } = await draftOf(
    `
services:
  a: {build: {context: ., pull: true, additional_contexts: {below: "service:b"}}}
  b: {build: {context: ./b, secrets: [s]}}
secrets: {s: {file: ./f}}`,
    { services: ['a'] },
  )
  assert.deepEqual({ ...draft.contexts }, { below: 'service:b' })
  assert.deepEqual(draft.builtOn.b?.secrets, [{ id: 's', from: { file: '/project/f' } }])
  assert.deepEqual(
    builtContexts(draft, image => `local-image://${image}`),
    { below: 'local-image://project-b' },
  )
})

test('builds that begin with each other are refused, and many that begin with the same are made once', async () => {
  const on = (...names: string[]) =>
    `{build: {context: ., additional_contexts: {${names.map((name, index) => `x${index}: "service:${name}"`).join(', ')}}}}`
  await assert.rejects(draftOf(`services: {a: ${on('b')}, b: ${on('c')}, c: ${on('b')}}`), {
    message: 'dependency cycle detected: b -> c -> b',
    path: 'services.b.build.additional_contexts',
  })
  // Twice as many ways at each of them.
  const names = Array.from({ length: 40 }, (_, index) => `s${index}`)
  const services = names.map((name, index) => `${name}: ${on(names[index + 1] ?? 'last', names[index + 1] ?? 'end')}`)
  const { draft } = await draftOf(
    `services: {a: ${on('s0')}, ${services.join(', ')}, last: {build: .}, end: {build: .}}`,
  )
  assert.equal(withBuildsBefore([draft]).size, 43)
})
