// What an address of a repository says, and what is never passed on to git.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseGitReference, quietGit } from './git-reference.ts'

test('references to repositories', () => {
  assert.deepEqual(parseGitReference('github.com/a/b'), { remote: 'https://github.com/a/b', ref: 'HEAD', folder: '.' })
  assert.deepEqual(parseGitReference('git@h:a/b.git#v1:x/y'), { remote: 'git@h:a/b.git', ref: 'v1', folder: 'x/y' })
  assert.deepEqual(parseGitReference('git@h:r.git#:d:1#2'), { remote: 'git@h:r.git', ref: 'HEAD', folder: 'd:1#2' })
  assert.throws(() => parseGitReference('https://h/r.git#main:../../etc'), /traversal/)
  assert.throws(() => parseGitReference('--upload-pack=x.git'), /not a git reference/)
  assert.throws(() => parseGitReference('https://h/r.git#--upload-pack=x'), /not a git reference/)
})

test('the same as parameters', () => {
  assert.deepEqual(parseGitReference('https://h/r.git?branch=main&subdir=a/b&keep-git-dir=1&submodules=false'), {
    remote: 'https://h/r.git',
    ref: 'refs/heads/main',
    folder: 'a/b',
    keepGitFolder: true,
    submodules: false,
  })
  const commit = '0123456789abcdef'
  assert.deepEqual(parseGitReference(`https://h/r.git?tag=v1&checksum=${commit}`), {
    remote: 'https://h/r.git',
    ref: 'refs/tags/v1',
    folder: '.',
    commit,
  })
  assert.equal(parseGitReference(`https://h/r.git?commit=${commit}`).ref, commit)
  assert.throws(() => parseGitReference('https://h/r.git?brnch=x'), { message: /unexpected query/, hint: /branch/ })
  assert.throws(() => parseGitReference('https://h/r.git?tag=v1#main'), /more than one ref/)
  assert.throws(() => parseGitReference('https://h/r.git?tag=v1&tag=v2'), /more than one value/)
  assert.throws(() => parseGitReference('https://h/r.git?ref=-x'), /not a git reference/)
})

test('ssh asks nobody, unless the user has another', () => {
  assert.match(quietGit({}).GIT_SSH_COMMAND ?? '', /BatchMode=yes/)
  assert.deepEqual(quietGit({ GIT_SSH: '/own' }), { GIT_TERMINAL_PROMPT: '0' })
})
