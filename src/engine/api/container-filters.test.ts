// Every key of the list of containers, with a value that admits the container and one that does not; refused values
// have the sentences of Docker Engine 26.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ComposeError } from '../../shared/errors.ts'
import type { ContainerRecord } from '../containers/record.ts'
import { containerFilters } from './container-filters.ts'

// Only what the rows look at.
const record = {
  id: 'abc123',
  name: 'p-web-1',
  created: '2026-01-02T00:00:00.000Z',
  imageRef: 'localhost:5000/shop:1',
  imageId: 'sha256:feed',
  config: { labels: { a: '1' }, exposedPorts: { '9000/udp': {} } },
  state: { status: 'exited', exitCode: 3 },
  health: undefined,
  endpoints: [{ networkId: 'net1234', networkName: 'p_default' }],
  mounts: [{ name: 'data', destination: '/data' }],
  published: [{ key: '80/tcp', hostPort: 8080 }],
} as unknown as ContainerRecord

const others: Record<string, string> = { older: '2026-01-01T00:00:00.000Z', younger: '2026-01-03T00:00:00.000Z' }

const rows = containerFilters({
  imageIdOf: ref => (ref === 'shop' ? 'sha256:feed' : undefined),
  registry: {
    get(name: string) {
      const created = others[name]
      if (created === undefined) throw new ComposeError('not_found', `No such container: ${name}`)
      return { created }
    },
    // The rows ask for nothing else.
  } as unknown as Parameters<typeof containerFilters>[0]['registry'],
})

const table: { [Key in keyof typeof rows]: { yes: string[]; no: string[]; refused?: Record<string, RegExp> } } = {
  ancestor: { yes: ['shop', 'localhost:5000/shop:1'], no: ['localhost', 'fe'] },
  before: { yes: ['younger'], no: ['older'], refused: { nobody: /No such container: nobody/ } },
  exited: { yes: ['3'], no: ['0'], refused: { foo: /invalid filter 'exited=foo': strconv\.Atoi: parsing "foo"/ } },
  expose: { yes: ['9000/udp', '8999-9001/udp', '80'], no: ['9000', '81'], refused: { x: /port of a filter: x/ } },
  health: { yes: ['none'], no: ['healthy'], refused: { foo: /invalid filter 'health=foo'/ } },
  id: { yes: ['abc', 'abc123'], no: ['bc'] },
  'is-task': { yes: ['false'], no: ['true'], refused: { x: /invalid filter 'is-task=\[x\]'/ } },
  isolation: { yes: [], no: ['default', 'hyperv'] },
  label: { yes: ['a', 'a=1'], no: ['b', 'a=2'] },
  name: { yes: ['web', '^p-web-1$', '^/p-web'], no: ['db', '('] },
  network: { yes: ['p_default', 'net1'], no: ['default'] },
  publish: { yes: ['8080', '8000-8100/tcp'], no: ['80', '8080/udp'], refused: { 99999: /port of a filter/ } },
  since: { yes: ['older'], no: ['younger'], refused: { nobody: /No such container: nobody/ } },
  status: { yes: ['exited'], no: ['running'], refused: { foo: /invalid filter 'status=foo'/ } },
  volume: { yes: ['data', '/data'], no: ['dat'] },
}

for (const [key, { yes, no, refused = {} }] of Object.entries(table)) {
  // The table has the keys of the rows.
  const row = rows[key as keyof typeof rows]
  test(`filter ${key}`, () => {
    for (const value of yes) assert.ok(row([value], key)(record), `${key}=${value}`)
    for (const value of no) assert.ok(!row([value], key)(record), `${key}=${value}`)
    for (const [value, sentence] of Object.entries(refused)) assert.throws(() => row([value], key), sentence)
  })
}
