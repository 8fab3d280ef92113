import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nothing, testProject, testService, upOptions } from '../../../test/test-project.ts'
import { withModelVariables } from '../border/model-variables.ts'
import type { ObservedModels } from '../observe/models.ts'
import { formatPlan } from './plan.ts'
import { takesFlags } from './plan-models.ts'
import { planUp } from './plan-up.ts'

const model = (name: string, own: object = {}) => ({ model: name, name: '', runtimeFlags: [], extensions: {}, ...own })
const project = testProject(
  [testService('web', { models: { 'my-llm': null, small: { modelVar: 'M', extensions: {} } } })],
  {
    models: {
      'my-llm': model('ai/big', { contextSize: 8, runtimeFlags: ['-v'] }),
      small: model('ai/small', { name: 'tiny' }),
    },
  },
)
const observed = (version?: string): ObservedModels => ({
  program: '/bin/docker-model',
  env: {},
  version,
  available: ['ai/small'],
  endpoint: 'http://x',
})

test('models are ready before a container is made: pulled where they are missing, and configured', () => {
  const { plan } = planUp(project, { ...nothing, models: observed('v1.0.6') }, upOptions({ start: false }))
  assert.deepEqual(formatPlan(plan).split('\n'), [
    '0 create network p_default (missing)',
    '1 pull model my-llm (model is missing)',
    '2 configure model my-llm (services use it) after 1',
    '3 configure model tiny (services use it)',
    '4 gate resources (containers need them) after 0 2 3',
    '5 create container p-web-1 (no container) after 4',
  ])
  const words = plan.flatMap(({ operation }) => (operation.type === 'runModelTool' ? [operation.args.join(' ')] : []))
  assert.deepEqual(words, ['pull ai/big', 'configure --context-size 8 ai/big -- -v', 'configure ai/small'])
})

test('flags of the runtime need a plugin that knows them', () => {
  assert.deepEqual(['v1.0.6', '1.0.5', 'v1.1', '2.0.0-rc1', '0.9.9', undefined, 'main'].map(takesFlags), [
    true,
    false,
    true,
    true,
    false,
    false,
    false,
  ])
})

test('a service knows its models by two variables each', () => {
  assert.deepEqual(withModelVariables(project, 'http://x').services.web?.environment, {
    MY_LLM_MODEL: 'ai/big',
    MY_LLM_URL: 'http://x',
    M: 'ai/small',
    SMALL_URL: 'http://x',
  })
})
