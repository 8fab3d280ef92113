import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { testProject } from '../../../test/test-project.ts'
import { progressMode } from '../../ui/progress.ts'
import { createOptions } from './up-flags.ts'

const flags = {
  build: false,
  'force-recreate': false,
  'no-build': false,
  'no-recreate': false,
  pull: 'policy',
  'remove-orphans': false,
  'quiet-pull': false,
  scale: [],
}
const variables = ['COMPOSE_REMOVE_ORPHANS', 'COMPOSE_IGNORE_ORPHANS'] as const
afterEach(() => {
  for (const name of variables) delete process.env[name]
})

test('the environment says what becomes of orphans where no flag does', () => {
  const orphans = () => {
    const { removeOrphans, ignoreOrphans } = createOptions(flags, testProject([]), [])
    return { removeOrphans, ignoreOrphans }
  }
  assert.deepEqual(orphans(), { removeOrphans: false, ignoreOrphans: false })
  process.env.COMPOSE_REMOVE_ORPHANS = '1'
  assert.deepEqual(orphans(), { removeOrphans: true, ignoreOrphans: false })
  process.env.COMPOSE_IGNORE_ORPHANS = 'true'
  assert.throws(orphans, /cannot combine COMPOSE_IGNORE_ORPHANS and --remove-orphans/)
  delete process.env.COMPOSE_REMOVE_ORPHANS
  assert.deepEqual(orphans(), { removeOrphans: false, ignoreOrphans: true })
})

test('progress goes by the word that was given, else by what the terminal and --ansi allow', () => {
  assert.equal(progressMode(undefined, { isTTY: true }, 'auto'), 'tty')
  assert.equal(progressMode(undefined, { isTTY: true }, 'never'), 'plain')
  assert.equal(progressMode(undefined, {}, 'auto'), 'plain')
  assert.equal(progressMode('json', { isTTY: true }, 'auto'), 'json')
  assert.throws(() => progressMode('fancy', {}, 'auto'), /unsupported --progress value "fancy"/)
})
