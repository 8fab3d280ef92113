import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { ago, containerRow } from './container-rows.ts'
import { headingOf, parseTemplate } from './go-template.ts'
import { logPrinter } from './log-printer.ts'
import { isColoured, palette } from './palette.ts'
import { openProgress, plainLine, progressMode } from './progress.ts'
import { formatTable } from './table.ts'

const allOf = (stream: PassThrough) => stream.read(stream.readableLength).toString()

test('plain lines end in a space when there is nothing to add, and each is told once', async () => {
  assert.equal(plainLine({ id: 'Container p-web-1', status: 'Done', text: 'Started' }), ' Container p-web-1 Started \n')
  assert.equal(
    plainLine({ id: 'Container d', status: 'Error', text: 'Error', details: 'why' }),
    ' Container d Error why\n',
  )
  const stderr = new PassThrough()
  const progress = await openProgress('json', [], stderr)
  progress.onProgress({ id: 'Network n', status: 'Working', text: 'Creating' })
  const line = '{"id":"Network n","status":"Working","text":"Creating"}\n'
  assert.equal(allOf(stderr), line)
})

test('the mode is asked for, or follows the terminal', () => {
  assert.equal(progressMode(undefined, { isTTY: true }, 'auto'), 'tty')
  assert.equal(progressMode(undefined, { isTTY: true, columns: 0 }, 'auto'), 'plain')
  assert.equal(progressMode('auto', { isTTY: true }, 'never'), 'plain')
  assert.equal(progressMode('', {}, 'always'), 'plain')
  assert.throws(() => progressMode('loud', {}, 'auto'), /unsupported --progress value "loud"/)
})

const colours = (ansi: string) => palette({ ansi, env: {}, stream: {} })

test('colours are for terminals, unless NO_COLOR or --ansi say otherwise', () => {
  const terminal = { isTTY: true }
  for (const [rule, coloured] of [
    [{ ansi: 'auto', env: {}, stream: terminal }, true],
    [{ ansi: 'auto', env: {}, stream: {} }, false],
    [{ ansi: 'auto', env: { NO_COLOR: '1' }, stream: terminal }, false],
    [{ ansi: 'auto', env: { NO_COLOR: '' }, stream: terminal }, true],
    [{ ansi: 'never', env: {}, stream: terminal }, false],
    [{ ansi: 'always', env: { NO_COLOR: '1' }, stream: {} }, true],
    [{ ansi: 'always', env: {}, stream: terminal, asked: false }, false],
  ] as const)
    assert.equal(isColoured(rule), coloured, JSON.stringify(rule))
})

test('the eleventh container has the colour of the first', () => {
  const { container } = colours('always')
  assert.equal(container(10, 'x'), container(0, 'x'))
  assert.notEqual(container(9, 'x'), container(0, 'x'))
})

test('log prefixes are as wide as the longest name met so far', () => {
  const stdout = new PassThrough()
  const printer = logPrinter({ stdout, stderr: stdout, palette: colours('never'), prefix: true })
  printer.line('a-1', 'x')
  printer.line('longer-1', 'y')
  printer.line('a-1', 'z')
  printer.note('Watch enabled')
  printer.exit('a-1', 3, true)
  assert.equal(
    allOf(stdout),
    'a-1  | x\nlonger-1  | y\na-1       | z\n          ⦿ Watch enabled\n\r\x1b[Ka-1 exited with code 3 (restarting)\n',
  )
  const coloured = new PassThrough()
  logPrinter({ stdout: coloured, stderr: coloured, palette: colours('always'), prefix: true }).line('talk-1', 'line 4')
  assert.equal(allOf(coloured), '\x1b[36mtalk-1  | \x1b[39mline 4\n')
})

test('gathered lines are written at once, and the next wait for a reader that is behind', async () => {
  const stdout = new PassThrough({ highWaterMark: 4 })
  const printer = logPrinter({ stdout, stderr: stdout, palette: colours('never'), prefix: false })
  printer.gather()
  printer.line('a-1', 'one')
  printer.line('a-1', 'two')
  assert.equal(stdout.readableLength, 0)
  let settled = false
  const flushed = printer.flush().then(() => {
    settled = true
  })
  await new Promise(resolve => setImmediate(resolve))
  assert.equal(settled, false)
  assert.equal(allOf(stdout), 'one\ntwo\n')
  await flushed
  await printer.flush()
})

test('templates', () => {
  assert.equal(parseTemplate('{{.Name}}\\t{{json .Ports}}')({ Name: 'n', Ports: [1] }), 'n\t[1]')
  assert.equal(headingOf('{{.Service}}\\t{{.RunningFor}}'), 'SERVICE\tRUNNING FOR')
  assert.throws(() => parseTemplate('{{'), /unclosed action/)
  assert.throws(() => parseTemplate('{{.Nope}}')({}), /can't evaluate field Nope/)
})

test('tables keep a least width', () => {
  assert.equal(formatTable(['NAME', 'IMAGE'], [], 10), 'NAME      IMAGE\n')
  assert.equal(formatTable(['A', 'B'], [['longer', 'x']]), 'A        B\nlonger   x\n')
})

test('a container as ps shows it', () => {
  const row = containerRow(
    {
      Id: 'f'.repeat(64),
      Names: ['/p-web-1'],
      Command: 'sh -c a-very-long-command',
      Created: 100,
      State: 'running',
      Status: 'Up 2 minutes (health: starting)',
      Labels: { 'com.docker.compose.service': 'web' },
      Ports: [
        { IP: '::', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' },
        { IP: '0.0.0.0', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' },
        { PrivatePort: 70, Type: 'tcp' },
      ],
    },
    160,
    true,
  )
  assert.deepEqual(
    [row.ID, row.Command, row.Health, row.RunningFor, row.Service, row.Ports],
    [
      'f'.repeat(12),
      '"sh -c a-very-long-c…"',
      'starting',
      'About a minute ago',
      'web',
      '70/tcp, 0.0.0.0:8080->80/tcp, [::]:8080->80/tcp',
    ],
  )
  assert.equal(ago(0.5), 'Less than a second')
  assert.equal(ago(7200), '2 hours')
})
