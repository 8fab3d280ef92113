import assert from 'node:assert/strict'
import { test } from 'node:test'
import { projectOf } from '../../../../test/memory-project.ts'
import type { Docker } from '../../../docker/client/docker.ts'
import { type BuildFlags, buildDraft, noBuildFlags } from '../../border/build-draft.ts'
import { buildByArchive } from './by-archive.ts'

/** A Docker Engine that is never asked. */
async function refusalOf(build: string, flags: Partial<BuildFlags> = {}): Promise<unknown> {
  const project = await projectOf(
    `services: {a: {build: {context: ., ${build}}}, b: {build: .}}\nsecrets: {s: {file: ./f}}`,
  )
  const service = project.services.a
  assert.ok(service)
  const draft = buildDraft(project, service, { ...noBuildFlags, everyPlatform: true, ...flags }, [])
  const refusing = buildByArchive(draft, {
    // Nothing else of it is reached.
    docker: { hasExtension: () => false } as unknown as Docker,
    onEvent: () => {},
    onWarning: () => {},
    credentialsOf: async () => undefined,
    allCredentials: async () => ({}),
    signal: new AbortController().signal,
  })
  return refusing.then(
    () => undefined,
    (error: unknown) => error,
  )
}

for (const [name, build] of [
  ['secrets', 'secrets: [s]'],
  ['ssh', 'ssh: [default]'],
  ['additional_contexts', 'additional_contexts: {x: "service:b"}'],
  ['entitlements', 'privileged: true'],
  ['cache_to', 'cache_to: [type=inline]'],
  ['no_cache_filter', 'no_cache_filter: [x]'],
  ['ulimits', 'ulimits: {nofile: 1}'],
  ['provenance', 'provenance: mode=max'],
  ['sbom', 'sbom: true'],
  ['platforms', 'platforms: [linux/amd64, linux/arm64]'],
] as const)
  test(`the classic builder of a Docker Engine is not asked for ${name}`, async () => {
    const error = await refusalOf(build)
    assert.ok(error instanceof Error && 'path' in error)
    assert.match(error.message, new RegExp(`build\\.${name} needs BuildKit`))
    assert.equal(error.path, `services.a.build.${name}`)
  })

test('nor for a builder of buildx', async () => {
  const error = await refusalOf('network: host', { builder: 'far' })
  assert.match(String(error), /no builder "far" found: there is no buildx here/)
})
