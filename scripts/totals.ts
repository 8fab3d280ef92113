// A reporter of node:test that tells totals only: one line of JSON for scripts/test.sh, with every test that was skipped.
import type { TestEvent } from 'node:test/reporters'

export default async function* totals(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) {
    if (event.type === 'test:pass' && event.data.skip !== undefined)
      console.error(`skipped: ${event.data.name} (${event.data.skip})`)
    if (event.type !== 'test:summary' || event.data.file !== undefined) continue
    const { tests, passed, skipped, todo } = event.data.counts
    yield `${JSON.stringify({ passed, failed: tests - passed - skipped - todo, skipped })}\n`
  }
}
