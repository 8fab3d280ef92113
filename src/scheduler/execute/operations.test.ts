// What operations tell and ask, with an engine that is a small object: each tells of the subject that its plan has,
// from Working to its end.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Docker } from '../../docker/client/docker.ts'
import { ComposeError } from '../../shared/errors.ts'
import { type Operation, subjectOf } from '../plan/plan.ts'
import type { OperationContext } from './handlers.ts'
import { runOperation } from './operations.ts'
import type { ProgressEvent } from './progress.ts'

type Call = [name: string, ...args: unknown[]]

/** Answers every call with what `answers` has for its name, an error to be thrown among them. */
function engine(answers: Record<string, unknown> = {}, isOurs: boolean) {
  const calls: Call[] = []
  const ask = async (name: string, ...args: unknown[]) => {
    calls.push([name, ...args])
    const answer = answers[name]
    if (answer instanceof Error) throw answer
    return answer
  }
  const resource = (kind: string) => (id: string) =>
    new Proxy(
      {},
      { get: (_, verb) => (options?: object) => ask(`${kind}.${String(verb)}`, id, withoutSignal(options)) },
    )
  const docker = {
    getContainer: resource('container'),
    getNetwork: resource('network'),
    getVolume: resource('volume'),
    getImage: resource('image'),
    createNetwork: (options: object) => ask('createNetwork', withoutSignal(options)),
    createVolume: (options: object) => ask('createVolume', withoutSignal(options)),
    createContainer: (options: object) => ask('createContainer', withoutSignal(options)),
    listContainers: (options: object) => ask('listContainers', withoutSignal(options)),
    hasExtension: () => isOurs,
    // The operations under test call nothing else.
  } as unknown as Docker
  return { docker, calls }
}

function withoutSignal(options: object = {}): object {
  const { abortSignal: _, ...rest } = options as { abortSignal?: unknown }
  return rest
}

async function run(operation: Operation, answers: Record<string, unknown> = {}, isOurs = true) {
  const { docker, calls } = engine(answers, isOurs)
  const events: ProgressEvent[] = []
  const warnings: string[] = []
  const context: OperationContext = {
    docker,
    onProgress: event => events.push(event),
    onWarning: text => warnings.push(text),
    allCredentials: async () => ({}),
    credentialsOf: async image => (image.startsWith('private.io/') ? { username: 'me' } : undefined),
    conditions: { until: async () => 'Healthy', dispose() {} },
    given: {},
    images: { shop: { id: 'sha256:1', hasHealthcheck: false, labels: {} } },
  }
  const failure = await runOperation(operation, context, new AbortController().signal).then(
    () => undefined,
    (error: unknown) => error,
  )
  return { calls, warnings, failure, events: events.map(({ id, status, text }) => `${id}: ${status} ${text}`) }
}

const container = { name: 'p-web-1', id: 'abc' }
const gone = new ComposeError('not_found', 'No such container: abc')
const inUse = new ComposeError('conflict', 'volume is in use')
const body = { Image: 'shop', Labels: { a: '1' } }
const draft = {
  name: 'p-web-1',
  service: 'web',
  number: 1,
  platform: undefined,
  image: 'shop',
  body,
  files: [],
  held: [],
}
const made = { createContainer: { id: 'new', warnings: ['careful'], putArchive: async () => {} } }

const table: [what: string, operation: Operation, answers: Record<string, unknown>, events: string[], calls: Call[]][] =
  [
    [
      'a network',
      { type: 'createNetwork', body: { Name: 'p_default' } },
      { createNetwork: { warning: '' } },
      ['Network p_default: Working Creating', 'Network p_default: Done Created'],
      [['createNetwork', { Name: 'p_default' }]],
    ],
    [
      'a volume that is still used stays, and says so',
      { type: 'removeVolume', name: 'p_data' },
      { 'volume.remove': inUse, listContainers: [] },
      ['Volume p_data: Working Removing', 'Volume p_data: Warning Resource is still in use'],
      [
        ['volume.remove', 'p_data', {}],
        ['listContainers', { all: true, filters: { volume: ['p_data'] } }],
      ],
    ],
    [
      'an image without a tag is told with it, whatever port its registry has',
      { type: 'removeImage', image: 'localhost:5000/shop' },
      {},
      ['Image localhost:5000/shop:latest: Working Removing', 'Image localhost:5000/shop:latest: Done Removed'],
      [['image.remove', 'localhost:5000/shop', {}]],
    ],
    [
      'a container gets the label of its image',
      { type: 'createContainer', draft },
      made,
      ['Container p-web-1: Working Creating', 'Container p-web-1: Done Created'],
      [
        [
          'createContainer',
          {
            Image: 'shop',
            Labels: { a: '1', 'com.docker.compose.image': 'sha256:1' },
            name: 'p-web-1',
            platform: undefined,
          },
        ],
      ],
    ],
    [
      'a container that somebody else removed is stopped',
      { type: 'stopContainer', container, service: 'web', timeout: 3, hooks: [], idle: false },
      { 'container.stop': gone },
      ['Container p-web-1: Working Stopping', 'Container p-web-1: Done Stopped'],
      [['container.stop', 'abc', { t: 3 }]],
    ],
    [
      'a container that has ended is not asked to stop',
      { type: 'stopContainer', container, service: 'web', timeout: 3, hooks: [], idle: true },
      {},
      ['Container p-web-1: Working Stopping', 'Container p-web-1: Done Stopped'],
      [],
    ],
    [
      'a kill',
      { type: 'killContainer', container, signal: 'SIGHUP' },
      {},
      ['Container p-web-1: Working Killing', 'Container p-web-1: Done Killed'],
      [['container.kill', 'abc', { signal: 'SIGHUP' }]],
    ],
    [
      'a name that is given back tells nothing',
      { type: 'renameContainer', container, name: 'p-web-2' },
      {},
      [],
      [['container.rename', 'abc', { name: 'p-web-2' }]],
    ],
  ]

for (const [what, operation, answers, events, calls] of table)
  test(what, async () => {
    const result = await run(operation, answers)
    assert.equal(result.failure, undefined)
    assert.deepEqual(result.events, events)
    assert.deepEqual(result.calls, calls)
    const subject = subjectOf(operation)
    for (const event of result.events) assert.ok(subject && event.startsWith(`${subject}: `), `${event} of ${subject}`)
    assert.equal(result.events.length > 0, subject !== undefined)
  })

test('warnings of the engine are passed on', async () => {
  const { warnings } = await run({ type: 'createContainer', draft }, made)
  assert.deepEqual(warnings, ['careful'])
})

test('who keeps a network or a volume from going is named', async () => {
  const { warnings } = await run(
    { type: 'removeVolume', name: 'p_data' },
    { 'volume.remove': inUse, listContainers: [{ Names: ['/p-run-2'] }, { Names: ['/p-run-1'] }] },
  )
  assert.deepEqual(warnings, ['Volume p_data stays: it is used by p-run-1, p-run-2'])
})

test('a failure ends the events of its subject, and is told as the engine said it', async () => {
  const refused = new ComposeError('conflict', 'it will not')
  const { failure, events } = await run(
    { type: 'killContainer', container, signal: 'SIGHUP' },
    { 'container.kill': refused },
  )
  assert.deepEqual(events, ['Container p-web-1: Working Killing', 'Container p-web-1: Error Error'])
  assert.ok(failure instanceof ComposeError)
  assert.equal(failure.message, 'Error response from daemon: it will not')
})

test('a container that can not get its files is removed again', async () => {
  const removed: string[] = []
  const half = {
    id: 'new',
    warnings: [],
    putArchive: async () => {
      throw new ComposeError('permission_denied', 'read-only')
    },
    remove: async () => void removed.push('new'),
  }
  const file = { path: '/run/secrets/a', content: 'x', mode: 0o400, uid: 0, gid: 0 }
  const { failure } = await run(
    { type: 'createContainer', draft: { ...draft, files: [file] } },
    { createContainer: half },
  )
  assert.match(String(failure), /read-only/)
  assert.deepEqual(removed, ['new'])
})

test('a replacement that can not be made leaves the old one as it is', async () => {
  const { calls, failure } = await run(
    { type: 'recreateContainer', draft, old: container, timeout: undefined },
    { createContainer: new ComposeError('not_found', 'No such image: shop') },
  )
  assert.match(String(failure), /No such image: shop/)
  assert.deepEqual(
    calls.map(([name]) => name),
    ['createContainer'],
  )
})

test('another engine is told to probe often in the beginning', async () => {
  const Healthcheck = { Test: ['CMD', 'true'], Interval: 5e9 }
  const create = { type: 'createContainer', draft: { ...draft, body: { ...draft.body, Healthcheck } } } as const
  const asked = async (isOurs: boolean) => (await run(create, made, isOurs)).calls[0]?.[1]
  assert.partialDeepStrictEqual(await asked(true), { Healthcheck })
  assert.partialDeepStrictEqual(await asked(false), {
    Healthcheck: { ...Healthcheck, StartPeriod: 5e9, StartInterval: 500e6 },
  })
})
