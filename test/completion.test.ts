// Completion in the shells themselves.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openPty } from './pty.ts'

const entry = new URL('../bin/run.js', import.meta.url).pathname
const folder = mkdtempSync(join(tmpdir(), 'tsc-completion-'))
after(() => rmSync(folder, { recursive: true }))
mkdirSync(join(folder, 'bin'))
writeFileSync(join(folder, 'bin/tsc-compose'), `#!/bin/sh\nexec '${process.execPath}' '${entry}' "$@"\n`)
chmodSync(join(folder, 'bin/tsc-compose'), 0o755)
writeFileSync(
  join(folder, 'compose.yaml'),
  'services: {db: {image: i}, web: {image: i}, late: {image: i, profiles: [extra]}}\n',
)
const env = { ...process.env, PATH: `${folder}/bin:${process.env.PATH}`, HOME: folder, TERM: 'xterm' }
const shell = (program: string, ...words: string[]) => {
  const { stdout, stderr } = spawnSync(program, words, { cwd: folder, env, encoding: 'utf8' })
  assert.equal(stderr, '')
  return stdout
}

test('bash', () => {
  const at = (...words: string[]) =>
    shell(
      'bash',
      '-c',
      `source <(tsc-compose completion bash)
      COMP_WORDS=(tsc-compose "$@") COMP_CWORD=$#
      _tsc_compose 2>/dev/null
      printf '%s\\n' "\${COMPREPLY[@]}"`,
      'bash',
      ...words,
    )
      .trim()
      .split('\n')
  assert.deepEqual(at('up', '--wa'), ['--wait', '--wait-timeout', '--watch'])
  assert.deepEqual(at('logs', ''), ['db', 'late', 'web'])
  assert.deepEqual(at('up', '--pull', '=', 'm'), ['missing'])
  assert.deepEqual(at('cp', 'w'), ['web:'])
  assert.deepEqual(at('--profile', ''), ['extra'])
})

test('fish', () => {
  const at = (line: string) =>
    shell('fish', '--no-config', '-c', `tsc-compose completion fish | source; complete -C '${line}'`)
  assert.match(at('tsc-compose up --wai'), /^--wait\t.*running.*\n--wait-timeout\t.*\n$/)
  assert.equal(at('tsc-compose stop w'), 'web\n')
})

test('zsh', async () => {
  const pty = openPty('exec zsh -f', { cwd: folder, env: { ...env, PS1: '%% ' } })
  const shows = async (text: RegExp) => {
    for (const end = Date.now() + 15_000; !text.test((await pty.screen()).join('\n')); ) {
      assert.ok(Date.now() < end, `${text} in\n${(await pty.screen()).join('\n')}`)
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }
  pty.type('autoload -U compinit && compinit -u && source <(tsc-compose completion zsh) && print ready-$((1+1))\r')
  await shows(/^ready-2$/m)
  pty.type('tsc-compose stop w\t')
  await shows(/tsc-compose stop web/)
  pty.type('\x15tsc-compose up --wa\t\t')
  await shows(/--wait-timeout +-- Maximum/)
  pty.type('\x15exit\r')
  assert.equal(await pty.ended, 0)
})

test('another shell is refused by name', () => {
  const { stderr, status } = spawnSync(process.execPath, [entry, 'completion', 'tcsh'], { encoding: 'utf8' })
  assert.equal(status, 1)
  assert.match(stderr, /completion is for bash, fish, zsh, not tcsh/)
})

test("docker's own completion, which asks its plugin", () => {
  const ask = (...words: string[]) => {
    const asked = { ...env, DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND: 'docker' }
    return spawnSync(entry, words, { cwd: folder, env: asked, encoding: 'utf8' }).stdout
  }
  assert.equal(ask('__complete', 'compose', 'logs', 'w'), 'web\n:4\n')
  assert.match(ask('__complete', 'compose', 'up', '--det'), /^--detach\t.+\n:4\n$/)
  assert.match(ask('__complete', 'compose', '-f', ''), /:0\n$/)
})
