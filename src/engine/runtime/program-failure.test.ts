import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inWordsOfRunc } from './program-failure.ts'

for (const [said, words] of [
  [
    'executable file `nope` not found in $PATH: No such file or directory\n',
    'unable to start container process: exec: "nope": executable file not found in $PATH',
  ],
  [
    'executable file `/none` not found: No such file or directory',
    'unable to start container process: exec: "/none": stat /none: no such file or directory',
  ],
  ['open executable: Permission denied', 'unable to start container process: exec: permission denied'],
  ['open executable: Operation not permitted', 'unable to start container process: exec: permission denied'],
  ['mount `/src` to `/dst`: No such file or directory', 'mount `/src` to `/dst`: No such file or directory'],
] as const)
  test(said.trim(), () => assert.equal(inWordsOfRunc(said), words))
