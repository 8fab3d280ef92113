import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runRounds } from './rounds.ts'

test('kill -9 of engine, CLI and conmon in 24 rounds of up and down loses and leaves nothing', async t => {
  const seed = 20261121
  const { struck, recoveries } = await runRounds({ rounds: 24, seed })
  t.diagnostic(
    `seed ${seed}, killed ${JSON.stringify(struck)}, median recovery ${recoveries[recoveries.length >> 1]} ms`,
  )
  for (const victim of ['engine', 'cli', 'conmon', 'supervisor'])
    assert.ok((struck[victim] ?? 0) > 0, `${victim} was met`)
})
