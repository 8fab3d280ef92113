// Builds by an archive, as engines are asked that can't read the caller's files: what is in it, and what is said with it.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { loadProject } from '../../src/model/load/load.ts'
import { buildDraft, noBuildFlags } from '../../src/scheduler/border/build-draft.ts'
import { buildByArchive } from '../../src/scheduler/execute/build/by-archive.ts'
import { contextOf } from './builds.ts'
import { startEngine, type TestEngine } from './engine-process.ts'
import { importBusybox, run } from './run.ts'

let engine: TestEngine
before(async () => {
  engine = await startEngine()
  await engine.docker.negotiate()
  await importBusybox(engine)
})
after(() => engine[Symbol.asyncDispose]())

/** Of the service `a`; its image is `p-a`. */
async function buildOf(files: Record<string, string>): Promise<string> {
  const folder = contextOf(files)
  const project = await loadProject({ cwd: folder, env: {}, projectName: 'p', files: [join(folder, 'compose.yaml')] })
  const service = project.services.a
  assert.ok(service)
  let said = ''
  await buildByArchive(buildDraft(project, service, noBuildFlags, []), {
    docker: engine.docker,
    onEvent: event => {
      if (event.type === 'foreign') said += event.text
    },
    onWarning: () => {},
    credentialsOf: async () => undefined,
    allCredentials: async () => ({}),
    signal: new AbortController().signal,
  })
  return said
}

const seen = async (...Cmd: string[]) => (await run(engine, { Image: 'p-a', Cmd })).stdout

test('files but for the ignored, with exceptions; arguments, labels, a target, hosts and a second name', async () => {
  await buildOf({
    'compose.yaml': `
services:
  a:
    build:
      context: ./in
      dockerfile: ../Own
      target: wanted
      args: {WORD: word}
      labels: {own: label}
      tags: [p-other:1]
      extra_hosts: ["far:1.2.3.4"]
      shm_size: 1m
`,
    Own: 'FROM busybox AS wanted\nARG WORD\nCOPY . /p\nRUN echo $WORD > /word; grep far /etc/hosts > /hosts\nFROM none',
    'in/.dockerignore': 'left\nsub\n!sub/kept',
    'in/left': '',
    'in/taken': '',
    'in/sub/kept': '',
    'in/sub/lost': '',
  })
  assert.equal(await seen('find', '/p', '-type', 'f'), '/p/.dockerignore\n/p/sub/kept\n/p/taken\n')
  assert.equal(await seen('cat', '/word'), 'word\n')
  assert.match(await seen('cat', '/hosts'), /^1\.2\.3\.4\s+far\n$/)
  const { Id, Config } = await engine.docker.getImage('p-a').inspect()
  assert.equal((await engine.docker.getImage('p-other:1').inspect()).Id, Id)
  assert.equal(Config?.Labels?.own, 'label')
  assert.equal(Config?.Labels?.['com.docker.compose.service'], 'a')
})

test('a Dockerfile in the Compose file goes along; one that fails is told with what it wrote', async () => {
  const inline = (lines: string) =>
    `services: {a: {build: {context: ., dockerfile_inline: ${JSON.stringify(`FROM busybox\n${lines}`)}}}}`
  assert.match(await buildOf({ 'compose.yaml': inline('COPY f /f\nRUN cat /f'), f: 'content' }), /\ncontent/)
  await assert.rejects(buildOf({ 'compose.yaml': inline('RUN echo before; exit 3') }), error => {
    assert.ok(error instanceof Error && 'details' in error)
    assert.match(error.message, /exit code: 3/)
    const { kind, services, output } = error.details as { kind: string; services: string[]; output: string[] }
    assert.deepEqual([kind, services], ['build', ['a']])
    assert.ok(output.includes('before'))
    return true
  })
  await assert.rejects(
    buildOf({ 'compose.yaml': 'services: {a: {build: {context: ., dockerfile: ../nowhere}}}' }),
    /failed to read dockerfile: open \.\.\/nowhere: no such file or directory/,
  )
})
