import assert from 'node:assert/strict'
import { test } from 'node:test'
import { arrange, nameOf, renamed } from './arrange.ts'

const file = { name: 'a', isFolder: false }
const folder = { name: 'data', isFolder: true }
const content = { name: '.', isFolder: true }
const there = (path: string) => ({ path, exists: true, isFolder: true })
const aFile = (path: string) => ({ path, exists: true, isFolder: false })
const absent = (path: string) => ({ path, exists: false, isFolder: false })

test('into a folder that is there, under its own name', () => {
  assert.deepEqual(arrange(file, there('/srv')), { folder: '/srv', name: 'a' })
  assert.deepEqual(arrange(folder, there('/srv/')), { folder: '/srv/', name: 'data' })
  assert.deepEqual(arrange(content, there('/srv')), { folder: '/srv', name: '.' })
})

test('over a file, or as something new', () => {
  assert.deepEqual(arrange(file, aFile('/srv/b')), { folder: '/srv', name: 'b' })
  assert.deepEqual(arrange(file, absent('/srv/b')), { folder: '/srv', name: 'b' })
  assert.deepEqual(arrange(folder, absent('new')), { folder: '.', name: 'new' })
  assert.deepEqual(arrange(content, absent('/srv/new/')), { folder: '/srv', name: 'new' })
})

test('what can not be', () => {
  assert.throws(() => arrange(folder, aFile('/srv/b')), { message: 'cannot copy directory' })
  assert.throws(() => arrange(file, absent('/no/such/')), { message: 'no such directory' })
})

test('the entries of an archive follow its root', () => {
  assert.equal(renamed('data/', 'data', 'new'), 'new/')
  assert.equal(renamed('data/sub/b', 'data', 'new'), 'new/sub/b')
  assert.equal(renamed('a', 'a', 'b'), 'b')
  assert.equal(renamed('./', '.', 'new'), 'new/')
  assert.equal(renamed('sub/b', '.', 'new'), 'new/sub/b')
  assert.equal(renamed('sub/b', '.', '.'), 'sub/b')
  assert.deepEqual(['/x/data', 'data/', 'data/.', '.', '/'].map(nameOf), ['data', 'data', '.', '.', '.'])
})
