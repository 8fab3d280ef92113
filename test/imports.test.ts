// The borders of docs/architecture.md: imports flow one way. Every arrow that is not listed here fails.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'

/** A room may import itself and the rooms named here. The longest matching folder is a file's room. */
const allowed: Record<string, readonly string[]> = {
  'src/shared': [],
  schema: [],
  'src/model': ['schema', 'src/shared'],
  'src/scheduler': ['src/model', 'src/engine/client', 'src/shared'],
  'src/ui': ['src/scheduler', 'src/model', 'src/engine/client', 'src/shared'],
  'src/commands': ['src/ui', 'src/scheduler', 'src/model', 'src/engine/client', 'src/shared'],
  'src/engine/client': ['src/shared'],
  'src/engine': ['src/shared'],
}

const rooms = Object.keys(allowed).sort((a, b) => b.length - a.length)
const roomOf = (file: string) => rooms.find(room => file.startsWith(`${room}/`))

test('imports flow one way', () => {
  const wrong: string[] = []
  let arrows = 0
  for (const file of globSync(['src/**/*.ts', 'schema/**/*.ts']).sort()) {
    if (file.endsWith('.test.ts')) continue
    const from = roomOf(file)
    for (const [, kind, target] of readFileSync(file, 'utf8').matchAll(
      /^\s*(?:import|export)\s+(type\s)?[^'"]*?from\s+'(\.[^']+)'|import\('(\.[^']+)'\)/gm,
    )) {
      if (!target) continue
      const to = roomOf(normalize(join(dirname(file), target)))
      arrows++
      if (from === to || from === undefined || to === undefined) continue
      if (allowed[from]?.includes(to)) continue
      // The shapes of the Engine API belong to both of its ends.
      if (kind && to === 'src/engine' && from === 'src/engine/client') continue
      wrong.push(`${file} imports ${target}: ${from} must not reach ${to}`)
    }
  }
  assert.ok(arrows > 0, 'no import was looked at')
  assert.deepEqual(wrong, [])
})
