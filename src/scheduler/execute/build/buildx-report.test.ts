import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildxOutput } from './buildx-report.ts'

const log = '#5 [2/3] RUN echo before\n#5 0.219 before\n#5 DONE 0.2s\n\n'
const report = `------
 > [3/3] RUN make:
0.258 failing
------
Dockerfile:3
--------------------
   2 |     RUN echo before
   3 | >>> RUN make
--------------------
ERROR: failed to solve: process "/bin/sh -c make" did not complete successfully: exit code: 17
`

/** However it is cut. */
function told(text: string) {
  const said: string[] = []
  const output = buildxOutput(piece => said.push(piece))
  for (const piece of text.match(/[\s\S]{1,7}/g) ?? []) output.push(piece)
  return { output, said: () => said.join('') }
}

test('the report of a failure is no part of the log', () => {
  const { output, said } = told(log + report)
  const failure = output.failure(['web'], 'buildx ended')
  assert.equal(said(), log)
  assert.equal(failure.path, 'Dockerfile:3')
  assert.match(failure.message, /^failed to solve: process "\/bin\/sh -c make" did not complete/)
  assert.deepEqual(failure.details, {
    kind: 'build',
    services: ['web'],
    instruction: 'RUN make',
    output: ['failing'],
    source: ['   2 |     RUN echo before', '   3 | >>> RUN make'],
  })
})

test('the Dockerfile itself may be what is wrong', () => {
  const { output, said } = told(`${log}Dockerfile:2\n---\n   2 | >>> NOSUCH\n---\nERROR: failed to solve: unknown\n`)
  const { path, details } = output.failure([], '')
  assert.equal(said(), log)
  assert.equal(path, 'Dockerfile:2')
  assert.partialDeepStrictEqual(details, { source: ['   2 | >>> NOSUCH'], output: [] })
})

test('an error alone, and none at all', () => {
  const { output, said } = told(`${log}ERROR: no builder "x" found\n`)
  assert.equal(output.failure([], 'buildx ended').message, 'no builder "x" found')
  assert.equal(said(), log)
  assert.equal(told(log).output.failure([], 'buildx ended').message, 'buildx ended')
})

test('what only looks like a report is shown where the build went well', () => {
  const { output, said } = told(`${log}------\nend without a line break`)
  output.succeed()
  assert.equal(said(), `${log}------\nend without a line break\n`)
})
