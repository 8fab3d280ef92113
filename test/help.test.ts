// What the build writes down of the commands, and the pages that are made of it.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { commandHelp, mainHelp } from '../src/cli/help.ts'
import type { Manifest } from '../src/cli/manifest.ts'

const root = join(import.meta.dirname, '..')
// The build wrote it.
const manifest = JSON.parse(readFileSync(join(root, 'dist/manifest.json'), 'utf8')) as Manifest

const ask = (...words: string[]) => {
  const { stdout, stderr, status } = spawnSync(join(root, 'bin/run.js'), words, { encoding: 'utf8' })
  return { stdout, stderr, status }
}

test('every command has a line in the list, two examples of itself, and words for each of its flags', () => {
  const page = mainHelp(manifest)
  const entries = Object.values(manifest.commands)
  assert.ok(entries.length >= 17)
  for (const { id, group, description, examples, flags } of entries) {
    if (group !== '') assert.match(page, new RegExp(`^  ${id} +\\S`, 'm'), id)
    assert.notEqual(description, '', id)
    assert.ok(examples.length >= 2, `${id} has ${examples.length} examples`)
    for (const { command } of examples) assert.ok(`${command} `.includes(`${id} `), command)
    for (const [name, flag] of Object.entries(flags)) assert.ok(flag.hidden || flag.description, `${id} --${name}`)
  }
})

test('a page names the type of each value, defaults, groups and examples', () => {
  const { ps, up } = manifest.commands
  assert.ok(ps && up)
  const page = commandHelp(ps)
  assert.match(
    page,
    /^Usage: {2}tsc-compose ps \[OPTIONS\] \[SERVICE\.\.\.\]\n\nList containers\n\nOptions:\n {2}-a, --all /,
  )
  assert.match(page, /^ {6}--status stringArray {3}Filter services by status$/m)
  assert.match(page, /^ {6}--format string .*, or table\)$/m)
  assert.match(page, /^Examples:\n {2}tsc-compose ps -a {14}Stopped containers too$/m)
  assert.match(commandHelp(up), /\nWaiting and ending:\n[\s\S]*^ {2}-t, --timeout int {17}/m)
})

test('pages are printed without running anything', () => {
  assert.deepEqual(ask('ps', '--help'), { stdout: ask('help', 'ps').stdout, stderr: '', status: 0 })
  assert.deepEqual(ask(), ask('--help'))
  assert.equal(ask('help').stdout, mainHelp(manifest))
})

test('a mistyped word is answered with the nearest, and with no page', () => {
  assert.deepEqual(ask('dwon'), {
    stdout: '',
    stderr: 'unknown docker command: "compose dwon"\n  Did you mean down?\n',
    status: 1,
  })
  assert.deepEqual(ask('up', '--detatch'), {
    stdout: '',
    stderr: 'unknown flag: --detatch\n  Did you mean --detach?\n',
    status: 1,
  })
  assert.deepEqual(
    ask('--project-nam', 'x', 'up').stderr,
    'unknown flag: --project-nam\n  Did you mean --project-name?\n',
  )
  assert.equal(ask('frobnicate').stderr, 'unknown docker command: "compose frobnicate"\n')
})
