// The recorded cases that the command line answers, given to the built CLI as a user would: exit codes, the peer's
// sentence on standard error, and nothing started.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { ofTheCommandLine, withoutPage } from './oracle/config/known.ts'
import { casesFolder } from './oracle/config/run-case.ts'

const entry = new URL('../bin/run.js', import.meta.url).pathname

for (const name of ofTheCommandLine)
  test(name, async t => {
    const above = realpathSync(mkdtempSync(join(tmpdir(), 'tsc-cli-')))
    t.after(() => rmSync(above, { recursive: true }))
    const folder = join(above, name)
    const root = join(above, 'root')
    cpSync(join(casesFolder, name), folder, { recursive: true })
    // The recording stands in the folder too, but none of its files has a name that Compose looks for.
    mkdirSync(join(folder, '.home'), { recursive: true })
    const lines = (file: string) =>
      existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8').trim().split('\n') : []
    const place = (text: string) => text.replaceAll('$CASE', folder)
    const own = lines('env').map(line => [line.slice(0, line.indexOf('=')), place(line.slice(line.indexOf('=') + 1))])
    const env = {
      PATH: process.env.PATH,
      HOME: join(folder, '.home'),
      TSC_COMPOSE_ROOT: root,
      ...Object.fromEntries(own),
    }
    const commands = lines('cmd')
    for (const [index, command] of commands.entries()) {
      const suffix = commands.length > 1 ? `.${index + 1}` : ''
      const recorded = (file: string) => readFileSync(join(folder, file + suffix), 'utf8').replaceAll('$CASE', folder)
      const words = place(command).split(' ')
      const said = await run(words, folder, env)
      assert.equal(said.code, Number(recorded('exit')), `${command}: ${said.stderr}`)
      assert.ok(said.stderr.includes(ourSentence(recorded('stderr').trim())), `${command}: ${said.stderr}`)
      if (withoutPage.includes(name)) assert.equal(said.stdout, '')
      else compareOutput(said.stdout, recorded('stdout'))
    }
    assert.deepEqual(existsSync(root) ? readdirSync(root) : [], [], 'an engine was started')
  })

/** Where the peer names its program and shows a usage page: the sentence, with ours. */
const ourSentence = (recorded: string) =>
  recorded.replace(/^docker: 'docker compose (\w+)' (.*)[\s\S]*$/, "'tsc-compose $1' $2")

/** Help pages name another program and are laid out otherwise: ours must have every flag of the peer's. */
function compareOutput(ours: string, recorded: string): void {
  if (!recorded.startsWith('Usage:')) {
    assert.equal(ours, recorded)
    return
  }
  assert.match(ours, /^Usage: {2}tsc-compose /)
  for (const [, flag = ''] of recorded.matchAll(/^ {2}(?:-\w,| {3}) (--[\w-]+)/gm))
    assert.ok(ours.includes(flag), `help lacks ${flag}`)
}

interface Said {
  stdout: string
  stderr: string
  code: number
}

function run(words: string[], cwd: string, env: NodeJS.ProcessEnv): Promise<Said> {
  return new Promise(resolve => {
    const options = { cwd, env, timeout: 20_000, killSignal: 'SIGKILL' } as const
    // As a shell does, so that Node is started by the first line of the file.
    execFile(entry, words, options, (error, stdout, stderr) => {
      resolve({ stdout, stderr, code: error ? (typeof error.code === 'number' ? error.code : -1) : 0 })
    })
  })
}

test('an env file is read by the CLI and not by Node', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'tsc-cli-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'compose.yaml'), 'services: {a: {image: i, environment: [ONE, TWO]}}')
  writeFileSync(join(folder, 'a.env'), "ONE=1\nTWO='x'y\n")
  for (const start of [[entry], [process.execPath, entry]]) {
    const [file = '', ...before] = start
    const { stdout } = await promisify(execFile)(file, [...before, '--env-file', 'a.env', 'config', '--environment'], {
      cwd: folder,
      env: { PATH: process.env.PATH },
    })
    assert.match(stdout, /^ONE=1$/m)
    assert.match(stdout, /^TWO=x$/m)
  }
})
