// Builds for tests: a Dockerfile with its files in, the image and what was told out.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after } from 'node:test'
import type { BuildEvent } from '../../src/docker/protocol/build-events.ts'
import type { WantedBuild } from '../../src/docker/protocol/extensions.ts'
import { jsonLines } from '../../src/docker/protocol/json-lines.ts'
import { makeTestRoot } from '../test-root.ts'
import type { TestEngine } from './engine-process.ts'

export interface Built {
  /** Undefined where it failed. */
  id: string | undefined
  error: Extract<BuildEvent, { type: 'error' }> | undefined
  /** `[2/3] RUN true: cached`, in the order of their ends. */
  steps: string[]
  output: string
  events: BuildEvent[]
}

export type Files = Readonly<Record<string, string | Buffer>>

const roots: string[] = []
after(() => {
  for (const root of roots) rmSync(root, { recursive: true, force: true })
})

/** A folder with these files, for as long as the tests of the file run. */
export function contextOf(files: Files): string {
  const root = makeTestRoot('tsc-engine-')
  roots.push(root)
  // What tells whose root it is stands beside it.
  const folder = join(root, 'context')
  mkdirSync(folder)
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}

export async function build({ docker }: TestEngine, wanted: WantedBuild, abortSignal?: AbortSignal): Promise<Built> {
  const events: BuildEvent[] = []
  const stream = await docker.buildFrom(wanted, { abortSignal })
  // Only the engine writes them.
  for await (const event of jsonLines(stream)) events.push(event as BuildEvent)
  const names = new Map(events.flatMap(event => (event.type === 'begin' ? [[event.step, event.name] as const] : [])))
  const last = events.at(-1)
  return {
    id: last?.type === 'image' ? last.id : undefined,
    error: last?.type === 'error' ? last : undefined,
    steps: events.flatMap(event => (event.type === 'end' ? `${names.get(event.step)}: ${event.outcome}` : [])),
    output: events.flatMap(event => (event.type === 'output' ? event.text : [])).join(''),
    events,
  }
}
