// DOCKER_DEFAULT_PLATFORM counts for what is built, and changes the hash.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { projectOf } from '../../../test/memory-project.ts'
import { withDefaultPlatforms } from './platform.ts'

const env = { DOCKER_DEFAULT_PLATFORM: 'linux/arm64' }

test('services that are built and name no platform get the default one, and another hash', async () => {
  const file = 'services: {built: {build: .}, own: {build: ., platform: linux/amd64}, image: {image: i}}'
  const project = await projectOf(file, { env })
  const { built, own, image } = withDefaultPlatforms(project).services
  assert.deepEqual([built?.platform, own?.platform, image?.platform], ['linux/arm64', 'linux/amd64', undefined])
  assert.notEqual(built?.configHash, project.services.built?.configHash)
  assert.equal(image?.configHash, project.services.image?.configHash)
  assert.equal(withDefaultPlatforms(await projectOf(file)).services.built?.platform, undefined)
})

test('a platform that is not built is refused', async () => {
  const project = await projectOf('services: {a: {build: {context: ., platforms: [linux/amd64]}}}', { env })
  assert.throws(() => withDefaultPlatforms(project), {
    message: 'service "a" build.platforms does not support value set by DOCKER_DEFAULT_PLATFORM: linux/arm64',
  })
})
