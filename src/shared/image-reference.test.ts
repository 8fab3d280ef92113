import assert from 'node:assert/strict'
import { test } from 'node:test'
import { familiarName, familiarTag, parseReference } from './image-reference.ts'

const sha = `sha256:${'a'.repeat(64)}`

test("short names are Docker Hub's", () => {
  assert.deepEqual(parseReference('postgres'), {
    registry: 'docker.io',
    repository: 'library/postgres',
    tag: undefined,
    digest: undefined,
  })
  assert.deepEqual(parseReference('grafana/grafana:11'), {
    registry: 'docker.io',
    repository: 'grafana/grafana',
    tag: '11',
    digest: undefined,
  })
  assert.equal(parseReference('index.docker.io/library/redis').registry, 'docker.io')
})

test('a first part with a dot, a port or localhost is a registry', () => {
  assert.deepEqual(parseReference(`ghcr.io/a/b:1@${sha}`), {
    registry: 'ghcr.io',
    repository: 'a/b',
    tag: '1',
    digest: sha,
  })
  assert.equal(parseReference('localhost/x').registry, 'localhost')
  assert.equal(parseReference('127.0.0.1:5000/x').registry, '127.0.0.1:5000')
})

test('names as people write them', () => {
  assert.equal(familiarTag(parseReference('docker.io/library/postgres')), 'postgres:latest')
  assert.equal(familiarName(parseReference('ghcr.io/a/b:1')), 'ghcr.io/a/b')
})

test('what is no reference is refused', () => {
  assert.throws(() => parseReference('Postgres'), /repository name \(library\/Postgres\) must be lowercase/)
  for (const text of ['', ':1', 'a b', 'a:', 'a@sha256:1', '-a'])
    assert.throws(() => parseReference(text), /invalid reference format/, text)
})
