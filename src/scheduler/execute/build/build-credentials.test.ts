import assert from 'node:assert/strict'
import { test } from 'node:test'
import { projectOf } from '../../../../test/memory-project.ts'
import { buildDraft, noBuildFlags } from '../../border/build-draft.ts'
import { buildCredentials } from './build-credentials.ts'

const way = {
  credentialsOf: async (image: string) => ({ username: `for ${image}` }),
  allCredentials: async () => ({ 'docker.io': { username: 'hub' }, 'r.test': { username: 'r' } }),
  onWarning: () => {},
}

async function credentialsOfBuild(build: string) {
  const project = await projectOf(`services: {a: {build: ${build}}}`)
  const service = project.services.a
  assert.ok(service)
  return buildCredentials(buildDraft(project, service, noBuildFlags, []), way)
}

test('registries of the images that a Dockerfile names are shown what is theirs; a remote one may name any', async () => {
  assert.deepEqual(await credentialsOfBuild('{context: ., dockerfile_inline: "FROM r.test/x"}'), {
    'r.test': { username: 'for r.test/x' },
  })
  assert.deepEqual(await credentialsOfBuild('{context: "https://git.test/r.git"}'), await way.allCredentials())
})
