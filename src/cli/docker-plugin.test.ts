import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pluginLine } from './docker-plugin.ts'

const called = { DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND: 'docker' }
const ours = (line: string) => pluginLine(line.split(' '), called)?.argv.join(' ')

test('what docker has before compose is said in our words, what is behind it stays', () => {
  assert.equal(ours('compose up -d'), 'up -d')
  assert.equal(ours('-H tcp://h -D compose -f x ps'), '--host=tcp://h --debug=true -f x ps')
  assert.equal(ours('--context=c --tlsverify=false compose ps'), '--context=c --tlsverify=false ps')
  assert.equal(ours('-Dcname --tlskey k compose ps'), '--debug=true --context=name --tlskey=k ps')
  assert.equal(ours('compose exec web compose -c 1'), 'exec web compose -c 1')
})

test('docker help compose, and what its completion asks', () => {
  assert.equal(ours('help compose up'), 'help up')
  assert.equal(ours('__complete compose up --de'), 'completion docker -- up --de')
})

test('--config is the variable, --log-level what we have for it', () => {
  assert.deepEqual(pluginLine(['--config', '/d', 'compose', 'ls'], called), {
    argv: ['ls'],
    env: { DOCKER_CONFIG: '/d' },
  })
  assert.equal(ours('-l debug compose ps'), '--debug ps')
  assert.equal(ours('-l=error compose ps'), '--no-warnings ps')
  assert.equal(ours('--log-level warn compose ps'), 'ps')
  assert.throws(() => ours('-l loud compose ps'), /^Error: unable to parse logging level: loud$/)
})

test('what docker would refuse is refused', () => {
  assert.throws(() => ours('--hots x compose ps'), /unknown flag: --hots|flag needs an argument/)
  assert.throws(() => ours('-H a -H b compose ps'), /specify only one -H/)
  assert.throws(() => ours('-c'), /flag needs an argument: 'c' in -c/)
})

test('without docker, or for another word, the line is our own', () => {
  assert.equal(pluginLine(['compose', 'up'], {}), undefined)
  assert.equal(ours('up compose'), undefined)
  assert.equal(ours('--debug'), undefined)
})
