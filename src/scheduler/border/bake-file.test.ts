import assert from 'node:assert/strict'
import { test } from 'node:test'
import { projectOf } from '../../../test/memory-project.ts'
import { bakeFile } from './bake-file.ts'
import { type BuildFlags, buildDraft, noBuildFlags } from './build-draft.ts'

/** Read as it is printed. */
async function targetsOf(text: string, flags: Partial<BuildFlags> = {}) {
  const project = await projectOf(text, { env: { TOKEN: 'hidden' } })
  const services = Object.values(project.services)
  const drafts = services.map(service => buildDraft(project, service, { ...noBuildFlags, ...flags }, []))
  return JSON.parse(JSON.stringify(bakeFile(drafts))).target
}

test('all that a build asks for stands in the file, and no value of a secret', async () => {
  const { a } = await targetsOf(`
services:
  a:
    image: shop/a
    build:
      context: .
      args: {Z: "1", A: "\${NOT_EXPANDED:-$$\{x}}"}
      tags: [shop/a:2]
      extra_hosts: ["one:1.2.3.4", "one:::1", "two:2.2.2.2"]
      provenance: "mode=max"
      sbom: true
      secrets: [s, {source: f, target: g}]
      ssh: [default, own=/agent]
      shm_size: 64k
      ulimits: {nofile: 99, nproc: {soft: 1, hard: 2}}
      platforms: [linux/amd64]
secrets: {s: {environment: TOKEN}, f: {file: ./f}}
`)
  const { labels, ...rest } = a
  assert.deepEqual(Object.keys(labels).length, 3)
  assert.deepEqual(rest, {
    context: '/project',
    dockerfile: '/project/Dockerfile',
    args: { A: '$${x}', Z: '1' },
    tags: ['shop/a:2', 'shop/a'],
    secret: ['id=s,type=env,env=TOKEN', 'id=g,type=file,src=/project/f'],
    ssh: ['default=', 'own=/agent'],
    platforms: ['linux/amd64'],
    'shm-size': '65536',
    ulimits: ['nofile=99', 'nproc=1:2'],
    'extra-hosts': { one: '1.2.3.4,::1', two: '2.2.2.2' },
    output: ['type=docker'],
    attest: ['type=provenance,mode=max', 'type=sbom'],
  })
})

test('where the image goes: the engine, a registry, or nowhere where it is of several platforms', async () => {
  const text =
    'services: {a: {image: shop/a, build: {context: ., platforms: [linux/amd64, linux/arm64]}}, b: {build: .}, c: {image: c, build: .}}'
  const outputs = async (flags: Partial<BuildFlags>) =>
    Object.values<{ output: string[] }>(await targetsOf(text, { everyPlatform: true, ...flags })).map(
      ({ output }) => output[0],
    )
  assert.deepEqual(await outputs({}), ['type=image,push=false', 'type=docker', 'type=docker'])
  assert.deepEqual(await outputs({ push: true }), ['type=image,push=true', 'type=docker', 'type=registry'])
})
