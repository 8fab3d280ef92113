import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { allCredentials, authOf, credentialsFor } from './credentials.ts'

const folder = mkdtempSync(join(tmpdir(), 'credentials-'))
after(() => rmSync(folder, { recursive: true }))
let count = 0

function withConfig(text: string, more: Record<string, string> = {}) {
  const path = join(folder, String(count++))
  mkdirSync(path)
  writeFileSync(join(path, 'config.json'), text)
  return { DOCKER_CONFIG: path, ...more }
}

const base64 = (text: string) => Buffer.from(text).toString('base64')
const hub = 'https://index.docker.io/v1/'

for (const [what, config, registry, expected] of [
  ['nobody has logged in', {}, 'ghcr.io', undefined],
  [
    'a password with a colon',
    { auths: { 'ghcr.io': { auth: base64('me:a:b') } } },
    'ghcr.io',
    { username: 'me', password: 'a:b', serveraddress: 'ghcr.io' },
  ],
  [
    "Docker Hub's name",
    { auths: { [hub]: { auth: base64('me:x') } } },
    'docker.io',
    { username: 'me', password: 'x', serveraddress: hub },
  ],
  [
    "an older docker's address",
    { auths: { 'https://quay.io/v1/': { auth: base64('me:x') } } },
    'quay.io',
    { username: 'me', password: 'x', serveraddress: 'quay.io' },
  ],
  [
    'an identity token',
    { auths: { 'a.azurecr.io': { auth: base64('0:'), identitytoken: 'refresh' } } },
    'a.azurecr.io',
    { identitytoken: 'refresh', serveraddress: 'a.azurecr.io' },
  ],
  [
    'a token of the registry itself',
    { auths: { 'r.test': { registrytoken: 'bearer' } } },
    'r.test',
    { registrytoken: 'bearer', serveraddress: 'r.test' },
  ],
  ['never those of another registry', { auths: { 'ghcr.io': { auth: base64('me:x') } } }, 'ghcr.io.evil', undefined],
  ['nor of another port', { auths: { localhost: { auth: base64('me:x') } } }, 'localhost:5000', undefined],
] as const)
  test(what, async () => assert.deepEqual(await credentialsFor(registry, withConfig(JSON.stringify(config))), expected))

test('DOCKER_AUTH_CONFIG goes before the file and before helpers, which are asked for what it has not', async () => {
  const given = JSON.stringify({ auths: { 'ghcr.io': { auth: base64('ci:y') } } })
  const env = withConfig(JSON.stringify({ auths: { 'ghcr.io': { auth: base64('me:x') } } }), {
    DOCKER_AUTH_CONFIG: given,
  })
  assert.equal((await credentialsFor('ghcr.io', env))?.username, 'ci')
  const stored = withConfig(JSON.stringify({ credsStore: 'none-such' }), { DOCKER_AUTH_CONFIG: given })
  assert.equal((await credentialsFor('ghcr.io', stored))?.username, 'ci')
  await assert.rejects(credentialsFor('other.test', stored), /docker-credential-none-such/)
})

test('without a file there are no credentials; one that is damaged is told', async () => {
  assert.equal(await credentialsFor('ghcr.io', { HOME: join(folder, 'none') }), undefined)
  await assert.rejects(credentialsFor('ghcr.io', withConfig('{"auths":')), /is not a configuration of docker/)
})

test('all that there is, but for what a helper fails to give, which is told', async () => {
  const config = {
    auths: { 'ghcr.io': { auth: base64('me:x') }, 'r.test': { registrytoken: 'bearer' } },
    credHelpers: { 'lost.test': 'none-such' },
  }
  const env = withConfig(JSON.stringify(config), {
    DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { 'ci.test': { identitytoken: 'i' } } }),
  })
  const told: string[] = []
  const all = await allCredentials(env, sentence => told.push(sentence))
  assert.deepEqual(Object.values(all).map(authOf), [
    { auth: base64('me:x') },
    { registrytoken: 'bearer' },
    { identitytoken: 'i' },
  ])
  assert.match(told.join(), /docker-credential-none-such/)
})
