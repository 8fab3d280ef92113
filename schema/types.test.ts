// The derived types accept what the schema accepts. The compiler is the test.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ComposeFile, Written } from './types.ts'

const file: ComposeFile = {
  name: 'shop',
  services: {
    web: {
      image: 'nginx',
      ports: ['80', 81, { target: 82, published: '8082' }],
      environment: { A: 1, B: null, C: 'c' },
      command: ['a', 'b'],
      build: { context: '.', args: ['A=1'] },
      healthcheck: { test: 'true', interval: '5s' },
      depends_on: { db: { condition: 'service_healthy' } },
      deploy: { replicas: 2, resources: { limits: { cpus: 0.5, memory: '1g' } } },
      volumes: ['data:/data', { type: 'bind', source: '.', target: '/src' }],
      networks: { front: { aliases: ['a'] }, back: null },
      'x-note': true,
    },
  },
  networks: { front: null, back: { driver: 'bridge' } },
  volumes: { data: null },
  'x-team': 'core',
}

// @ts-expect-error a number is not an image
const wrong: Written<'service'> = { image: 5 }

test('the types are only types', () => {
  assert.ok(file.services?.web && wrong)
})
