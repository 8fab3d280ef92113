// The sentences are those of Docker Engine 26, but for the names of its Go types.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { operations } from '../../docker/protocol/operations.ts'
import { readBody } from './read-body.ts'

const create = operations['POST /containers/create'].body
const read = (body: unknown) => readBody(JSON.stringify(body), create, true)

for (const [body, sentence] of [
  [{ Tty: 'yes' }, 'cannot unmarshal string into Go struct field Tty of type bool'],
  [{ HostConfig: { Memory: '1g' } }, 'cannot unmarshal string into Go struct field HostConfig.Memory of type int64'],
  [{ HostConfig: { Memory: 1.5 } }, 'cannot unmarshal number 1.5 into Go struct field HostConfig.Memory of type int64'],
  [{ Env: 'A=1' }, 'cannot unmarshal string into Go struct field Env of type []string'],
  [{ Env: [1] }, 'cannot unmarshal number into Go struct field Env[0] of type string'],
  [{ Labels: { a: 1 } }, 'cannot unmarshal number into Go struct field Labels.a of type string'],
  [{ Labels: [] }, 'cannot unmarshal array into Go struct field Labels of type map[string]string'],
  [
    { HostConfig: { PortBindings: { '80/tcp': [{ HostPort: 8080 }] } } },
    'cannot unmarshal number into Go struct field HostConfig.PortBindings.80/tcp[0].HostPort of type string',
  ],
  [
    { NetworkingConfig: { EndpointsConfig: { a: { Aliases: 'b' } } } },
    'cannot unmarshal string into Go struct field NetworkingConfig.EndpointsConfig.a.Aliases of type []string',
  ],
  [[], 'cannot unmarshal array into Go value of type struct'],
  [{ HostConfig: true }, 'cannot unmarshal bool into Go struct field HostConfig of type struct'],
] as const)
  test(`refused: ${sentence}`, () =>
    assert.throws(() => read(body), { code: 'invalid_argument', message: `invalid JSON: json: ${sentence}` }))

test('a body that is no JSON, and one that is missing', () => {
  assert.throws(() => readBody('{"Image":"x"', create, true), /^ComposeError: invalid JSON: /)
  assert.throws(() => readBody('', create, true), /invalid JSON: got EOF while reading request body/)
  assert.deepEqual(readBody('', operations['POST /exec/{id}/start'].body, false), {})
})

test('null is as if it were not there, and what the document does not have is left out', () => {
  assert.deepEqual(read({ Image: 'x', Tty: null, HostConfig: { Memory: null, Colour: 'red' }, Colour: 'red' }), {
    Image: 'x',
    HostConfig: {},
  })
})

test('names are taken in any case, and one word for a command of one', () => {
  assert.deepEqual(read({ image: 'x', CMD: 'true', hostconfig: { readonlyrootfs: true } }), {
    Image: 'x',
    Cmd: ['true'],
    HostConfig: { ReadonlyRootfs: true },
  })
})

test('lists of lists stay so', () => {
  const DeviceRequests = [{ Capabilities: [['tpu', 'x'], ['y']] }]
  assert.deepEqual(read({ HostConfig: { DeviceRequests } }), { HostConfig: { DeviceRequests } })
})

test('keys of maps are names like any other', () => {
  const body = readBody('{"Labels":{"__proto__":"a","constructor":"b"},"ExposedPorts":{"80/tcp":{}}}', create, true)
  assert.deepEqual(Object.entries(Object(Reflect.get(Object(body), 'Labels'))), [
    ['__proto__', 'a'],
    ['constructor', 'b'],
  ])
  assert.deepEqual(Reflect.get(Object(body), 'ExposedPorts'), { '80/tcp': {} })
})
