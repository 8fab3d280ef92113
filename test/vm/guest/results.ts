// A reporter of node:test for the guest: a line of JSON for each test, and one at the end, for the host to read.
import type { TestEvent } from 'node:test/reporters'

export interface GuestResult {
  name: string
  /** Undefined when it passed. */
  failure: string | undefined
  milliseconds: number
}

export default async function* results(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) {
    if (event.type === 'test:pass') {
      const { name, skip, details } = event.data
      yield line({ name, failure: skip === undefined ? undefined : 'skipped', milliseconds: details.duration_ms })
    }
    if (event.type === 'test:fail') {
      const { name, details } = event.data
      yield line({ name, failure: describe(details.error), milliseconds: details.duration_ms })
    }
    if (event.type === 'test:stderr' || event.type === 'test:stdout') process.stderr.write(event.data.message)
  }
  yield '{"end":true}\n'
}

const line = (result: GuestResult) => `${JSON.stringify(result)}\n`

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? (error.cause.stack ?? String(error.cause)) : (error.stack ?? String(error))
}
