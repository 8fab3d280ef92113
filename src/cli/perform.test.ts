// What a command does with a plan: shows it, does it, or only prints it; and what the reader is told around it.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { nothing } from '../../test/test-project.ts'
import type { Docker } from '../docker/client/docker.ts'
import type { Plan, Planned } from '../scheduler/plan/plan.ts'
import { ComposeError } from '../shared/errors.ts'
import type { ComposeCommand } from './command.ts'
import type { Globals } from './globals.ts'
import { perform, withWaitLimit } from './perform.ts'

const plan: Plan = [
  { id: 0, operation: { type: 'createNetwork', body: { Name: 'p_default' } }, after: [], cause: 'missing' },
  { id: 1, operation: { type: 'createVolume', body: { Name: 'p_data' } }, after: [0], cause: 'missing' },
]
const planned = (own: Partial<Planned> = {}): Planned => ({ plan, warnings: [], consents: [], ...own })

async function run(t: TestContext, own: Partial<Globals>, given: Planned, refuse: string | undefined = undefined) {
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    t.mock.method(process[name], 'write', (text: string) => {
      said[name] += text
      return true
    })
  const asked: string[] = []
  const ask = async (name: string) => {
    asked.push(name)
    if (name === refuse) throw new ComposeError('conflict', `${name} will not`)
    return { warning: '' }
  }
  const docker = {
    createNetwork: ({ Name = '' }) => ask(Name),
    createVolume: ({ Name = '' }) => ask(Name),
    // The plans of these tests call nothing else.
  } as unknown as Docker
  const globals: Globals = { files: [], envFiles: [], profiles: [], insecureRegistries: [], progress: 'plain', ...own }
  // What perform reads of a command.
  const command = { globals, parallel: 4 } as ComposeCommand
  const result = await perform({ command, docker, projectName: 'p', observed: nothing, planned: given }).catch(
    (error: unknown) => error,
  )
  t.mock.restoreAll()
  return { result, asked, ...said }
}

test('a plan is done in its order, and told on standard error', async t => {
  const { result, asked, stdout, stderr } = await run(t, {}, planned())
  assert.deepEqual({ result, asked, stdout }, { result: true, asked: ['p_default', 'p_data'], stdout: '' })
  assert.deepEqual(stderr.trimEnd().split(' \n'), [
    ' Network p_default Creating',
    ' Network p_default Created',
    ' Volume p_data Creating',
    ' Volume p_data Created',
  ])
})

test('with --dry-run the plan is printed with its causes, and nothing is asked', async t => {
  const { result, asked, stdout, stderr } = await run(t, { dryRun: true }, planned())
  assert.deepEqual({ result, asked, stderr }, { result: false, asked: [], stderr: '' })
  assert.match(stdout, /p_default.*missing[\s\S]*p_data.*missing/)
})

test('an empty plan says nothing but its warnings', async t => {
  const { result, asked, stdout, stderr } = await run(
    t,
    {},
    planned({ plan: [], warnings: ['Found orphan containers'] }),
  )
  assert.deepEqual({ result, asked, stdout }, { result: false, asked: [], stdout: '' })
  assert.match(stderr, /^time="[^"]+" level=warning msg="Found orphan containers"\n$/)
})

test('after a failure nothing that waits for it is done, and the error is the first one', async t => {
  const { result, asked, stderr } = await run(t, {}, planned(), 'p_default')
  assert.deepEqual(asked, ['p_default'])
  assert.equal(result instanceof ComposeError && result.message, 'Error response from daemon: p_default will not')
  assert.match(stderr, / Network p_default Error /)
})

test('quiet progress says nothing', async t => {
  const { stdout, stderr } = await run(t, { progress: 'quiet' }, planned())
  assert.deepEqual({ stdout, stderr }, { stdout: '', stderr: '' })
})

test('a wait that takes too long says how long it was', async () => {
  const signal = new AbortController().signal
  const forever = (limit: AbortSignal) =>
    new Promise<void>((_, reject) =>
      limit.addEventListener('abort', () => reject(new ComposeError('canceled', 'canceled'))),
    )
  await assert.rejects(withWaitLimit(0.01, signal, forever), {
    code: 'deadline_exceeded',
    message: 'application not healthy after 0.01s',
  })
  assert.equal(await withWaitLimit(undefined, signal, async () => 5), 5)
})

test('COMPOSE_STATUS_STDOUT is warned about, as it has no effect', async t => {
  process.env.COMPOSE_STATUS_STDOUT = '1'
  t.after(() => delete process.env.COMPOSE_STATUS_STDOUT)
  const { stderr } = await run(t, {}, planned())
  assert.match(stderr, /COMPOSE_STATUS_STDOUT has no effect/)
  // A command may have several plans.
  assert.doesNotMatch((await run(t, {}, planned())).stderr, /COMPOSE_STATUS_STDOUT/)
})
