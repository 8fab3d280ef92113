// `config` answers as Docker Compose does: the recorded cases of test/oracle/config, byte for byte.
// Errors must hold the peer's sentence; the reader gets a place and a hint besides.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { different, ofTheCommandLine } from './oracle/config/known.ts'
import { casesFolder, type Outcome, runCase } from './oracle/config/run-case.ts'

const elsewhere = new Set<string>(ofTheCommandLine)

for (const name of readdirSync(casesFolder)) {
  if (elsewhere.has(name)) continue
  const reason = different[name]
  test(name, async () => {
    const outcomes = await runCase(name)
    if (reason === undefined) for (const outcome of outcomes) compare(outcome)
    else assert.throws(() => outcomes.forEach(compare), `passes: take it out of known.ts (${reason})`)
  })
}

function compare(outcome: Outcome | undefined): void {
  assert.ok(outcome, 'not a config command: name the case in known.ts')
  const { command, recorded, stdout, stderr, exit } = outcome
  assert.equal(exit, recorded.exit, `${command}: ${stderr || recorded.stderr}`)
  assert.equal(stdout, recorded.stdout, command)
  for (const warning of warningsIn(recorded.stderr))
    assert.ok(stderr.includes(warning), `${command}: ${stderr} lacks ${warning}`)
  if (exit !== 0)
    assert.ok(stderr.includes(sentenceOf(recorded.stderr)), `${command}: ${stderr} lacks ${recorded.stderr}`)
}

/** The beginning of each warning: ours may go on with the place. */
function warningsIn(stderr: string): string[] {
  return [...stderr.matchAll(/^time="\$TIME" (level=warning msg=".*)"$/gm)].map(([, warning = '']) => warning)
}

/** What Compose said besides its log lines. */
function sentenceOf(stderr: string): string {
  return stderr
    .split('\n')
    .filter(line => !line.startsWith('time="'))
    .join('\n')
    .trim()
}
