import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keepCallersVariables } from './callers-variables.ts'

const environ = () => 'HOME=/h\0EMPTY=\0'

test('what Node read from --env-file is not the callers', () => {
  const env: NodeJS.ProcessEnv = { HOME: '/h', EMPTY: '', FROM_FILE: '1' }
  keepCallersVariables(['config'], env, environ)
  assert.equal(env.FROM_FILE, '1', 'without the flag nothing is looked at')
  keepCallersVariables(['--env-file=x', 'config'], env, environ)
  assert.deepEqual(env, { HOME: '/h', EMPTY: '' })
})
