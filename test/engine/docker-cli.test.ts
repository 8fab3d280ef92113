// Docker's CLI on this engine: what it prints, and how it ends, is what it does on a Docker Engine (test/oracle/docker).
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { engineRoots } from '../../src/shared/roots.ts'
import { dockerCli } from '../docker-cli.ts'
import { comparable } from '../oracle/commands/compare.ts'
import { runCase } from '../oracle/commands/run-case.ts'
import { parseTranscript } from '../oracle/commands/transcript.ts'
import { dockerDifferences } from '../oracle/docker/differences.ts'
import { startEngine, type TestEngine } from './engine-process.ts'
import { importBusybox } from './run.ts'

const cases = new URL('../oracle/docker/cases/', import.meta.url).pathname
const names = readdirSync(cases)
let engine: TestEngine
before(async () => {
  engine = await startEngine()
  await engine.docker.negotiate()
  await importBusybox(engine)
})
after(() => engine[Symbol.asyncDispose]())

describe('recorded commands of the docker CLI', { concurrency: 2 }, () => {
  for (const name of names)
    test(name, async () => {
      const { socketPath } = engineRoots(engine.env)
      const own = dockerDifferences[name] ?? []
      const recorded = parseTranscript(readFileSync(join(cases, name, 'transcript'), 'utf8'))
      const run = await runCase(name, { cases, entry: '', engineRoot: engine.root, socketPath, docker: dockerCli() })
      assert.deepEqual(
        run.map(block => comparable(block, own, 'ours')),
        recorded.map(block => comparable(block, own, 'recorded')),
      )
    })
})

test('there are as many as it takes, and what is listed is there', () => {
  const lines = names.flatMap(name =>
    readFileSync(join(cases, name, 'script'), 'utf8')
      .trim()
      .split('\n'),
  )
  assert.ok(lines.filter(line => /\bdocker\b/.test(line)).length >= 200)
  assert.deepEqual(
    Object.keys(dockerDifferences).filter(name => !names.includes(name)),
    [],
  )
})
