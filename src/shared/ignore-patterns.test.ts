import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ignoreLines, ignoreMatcher, readIgnore } from './ignore-patterns.ts'

const matched = (patterns: string[], paths: string[]) => paths.filter(ignoreMatcher(patterns))

test('a pattern is of the whole path, and of what is below it', () => {
  assert.deepEqual(
    matched(['node_modules'], ['node_modules', 'node_modules/a/b', 'src/node_modules', 'node_modules2']),
    ['node_modules', 'node_modules/a/b'],
  )
  assert.deepEqual(matched(['/src/', './dist'], ['src/a', 'dist/b', 'a/src']), ['src/a', 'dist/b'])
})

test('stars, question marks and classes stay within a name; two stars do not', () => {
  assert.deepEqual(matched(['*.log', 'a?c', 'x[0-9!]'], ['b.log', 'd/b.log', 'abc', 'a/c', 'x1', 'xa']), [
    'b.log',
    'abc',
    'x1',
  ])
  assert.deepEqual(matched(['**/*.log'], ['b.log', 'd/b.log', 'd/e/b.log']), ['b.log', 'd/b.log', 'd/e/b.log'])
  assert.deepEqual(matched(['a/**/z', 'b/**'], ['a/z', 'a/m/n/z', 'b/c/d', 'b']), ['a/z', 'a/m/n/z', 'b/c/d'])
})

test('the last pattern that matches decides', () => {
  assert.deepEqual(matched(['*.md', '!README.md'], ['a.md', 'README.md']), ['a.md'])
  assert.deepEqual(matched(['docs', '!docs/keep', 'docs/keep/not'], ['docs/a', 'docs/keep/b', 'docs/keep/not']), [
    'docs/a',
    'docs/keep/not',
  ])
})

test('lines, comments, escapes', () => {
  assert.deepEqual(matched(ignoreLines('# no\r\n\n a.b \n\\#x\n'), ['a.b', 'axb', '#x', '# no']), ['a.b', '#x'])
})

test('the ignore file of the Dockerfile goes before that of the context, and only a file is read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tsc-ignore-'))
  try {
    assert.deepEqual(readIgnore(folder, 'Dockerfile'), [])
    mkdirSync(join(folder, 'context'))
    execFileSync('mkfifo', [join(folder, 'beside.dockerignore')])
    writeFileSync(join(folder, 'context/.dockerignore'), 'all')
    assert.deepEqual(readIgnore(join(folder, 'context'), '../beside'), ['all'])
    rmSync(join(folder, 'beside.dockerignore'))
    writeFileSync(join(folder, 'beside.dockerignore'), 'own')
    assert.deepEqual(readIgnore(join(folder, 'context'), '../beside'), ['own'])
    assert.deepEqual(readIgnore(join(folder, 'context'), join(folder, 'beside')), ['own'])
    assert.deepEqual(
      readIgnore(join(folder, 'context'), '../beside', () => undefined),
      [],
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})
