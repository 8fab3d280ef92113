// login must keep only what the registry takes, where docker keeps it; logout must leave nothing of it.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { credentialsFor } from '../../src/registry/credentials.ts'
import { password, startPrivateRegistry, type TestRegistry } from '../registry-process.ts'

const entry = new URL('../../bin/run.js', import.meta.url).pathname
let registry: TestRegistry

before(async () => {
  registry = await startPrivateRegistry()
})
after(() => registry[Symbol.asyncDispose]())

function user(t: TestContext, config?: object) {
  const folder = mkdtempSync(join(tmpdir(), 'tsc-login-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'config.json')
  // As docker leaves it.
  if (config) writeFileSync(path, JSON.stringify(config), { mode: 0o600 })
  const env: NodeJS.ProcessEnv = { PATH: `${folder}:${process.env.PATH}`, HOME: folder, DOCKER_CONFIG: folder }
  const cli = (input: string, ...args: string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>(resolve => {
      const child = execFile(process.execPath, [entry, ...args], { env }, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
      )
      child.stdin?.end(input)
    })
  const kept = () => JSON.parse(readFileSync(path, 'utf8')) as { auths?: object; psFormat?: string }
  return { folder, path, env, cli, kept }
}

test('what the registry takes is kept for commands and for nobody else, beside what is there', async t => {
  const { path, env, cli, kept } = user(t, { psFormat: 'x', auths: { other: { auth: 'eDp5' } } })
  const login = await cli(`${password}\n`, 'login', '-u', 'me', '--password-stdin', registry.host)
  assert.equal(login.stdout, 'Login Succeeded\n', login.stderr)
  assert.match(login.stderr, /the password is kept unencrypted in .*config\.json/)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.deepEqual(Object.keys(kept().auths ?? {}), ['other', registry.host])
  assert.equal(kept().psFormat, 'x')
  assert.deepEqual(await credentialsFor(registry.host, env), { username: 'me', password, serveraddress: registry.host })
  const logout = await cli('', 'logout', `http://${registry.host}/v2/`)
  assert.equal(logout.stdout, `Removing login credentials for ${registry.host}\n`)
  assert.deepEqual(kept().auths, { other: { auth: 'eDp5' } })
  assert.equal((await cli('', 'logout', registry.host)).stdout, `Not logged in to ${registry.host}\n`)
})

test('what the registry does not take is not kept', async t => {
  const { path, cli } = user(t)
  const { code, stderr } = await cli('wrong', 'login', '-u', 'me', '--password-stdin', registry.host)
  assert.equal(code, 1)
  assert.match(stderr, /unauthorized: incorrect username or password/)
  assert.equal(existsSync(path), false)
  const lost = await cli('', 'login', registry.host)
  assert.match(lost.stderr, /there is no terminal to ask for the username/)
})

test('a program that keeps passwords is given it, and the file has none', async t => {
  const { folder, env, cli, kept } = user(t, { credsStore: 'box' })
  const box = join(folder, 'docker-credential-box')
  writeFileSync(
    box,
    `#!/bin/sh\ncase $1 in store) cat > ${folder}/box;; get) cat >/dev/null; cat ${folder}/box 2>/dev/null || { echo credentials not found; exit 1; };; erase) rm ${folder}/box;; list) echo '{}';; esac\n`,
    { mode: 0o755 },
  )
  const login = await cli(password, 'login', '-u', 'me', '--password-stdin', registry.host)
  assert.equal(login.stdout, 'Login Succeeded\n', login.stderr)
  assert.equal(login.stderr, '')
  assert.deepEqual(kept().auths, { [registry.host]: {} })
  assert.equal((await credentialsFor(registry.host, env))?.password, password)
  await cli('', 'logout', registry.host)
  assert.equal(existsSync(join(folder, 'box')), false)
  assert.deepEqual(kept().auths, {})
})
