// The borders of docs/architecture.md: imports flow one way, between rooms and between the floors of a room.
// Every arrow that is not allowed here fails; that there is no circle of files Biome sees to (noImportCycles).
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import { test } from 'node:test'

const leaves = ['src/shared', 'src/shared/tar', 'src/shared/yaml'] as const

/** A room may import itself and the rooms named here. The longest matching path is a file's room. */
const allowed: Record<string, readonly string[]> = {
  'src/shared': [],
  'src/shared/tar': ['src/shared'],
  'src/shared/yaml': ['src/shared'],
  schema: [],
  'src/registry': ['src/shared'],
  'src/docker/protocol': ['src/shared'],
  'src/docker/client': ['src/docker/protocol', ...leaves],
  'src/model': ['schema', 'src/registry', ...leaves],
  'src/scheduler': ['src/model', 'src/docker/client', 'src/docker/protocol', ...leaves],
  'src/scan': leaves,
  'src/ui': ['src/scheduler', 'src/model', 'src/docker/client', 'src/docker/protocol', ...leaves],
  'src/cli': [
    'src/ui',
    'src/scheduler',
    'src/model',
    'src/docker/client',
    'src/docker/protocol',
    'src/registry',
    ...leaves,
  ],
  'src/commands': [
    'src/cli',
    'src/scan',
    'src/ui',
    'src/scheduler',
    'src/model',
    'src/docker/client',
    'src/docker/protocol',
    ...leaves,
  ],
  'src/engine': ['src/docker/protocol', 'src/registry', ...leaves],
}

/** Inside these rooms a folder may import those that stand before it; `.` are the files of the room itself. */
const floors: Record<string, readonly string[]> = {
  'src/model': [
    'values',
    'files',
    'files/remote',
    'attributes',
    'attributes/kinds',
    'attributes/shapes',
    'project',
    'config',
    'checks',
    'stages',
    'load',
  ],
  'src/scheduler': ['observe', 'border', 'plan', 'follow', 'execute'],
  'src/engine': [
    'kernel',
    'store',
    'events',
    'runtime',
    'networks',
    'dns',
    'volumes',
    'chrooted',
    'images',
    'containers',
    'containers/logs',
    'containers/files',
    'containers/request',
    'containers/network',
    'containers/oci',
    'containers/life',
    'containers/exec',
    'build/dockerfile',
    'build',
    'api',
    'start',
    '.',
  ],
}

interface Arrow {
  file: string
  target: string
}

function arrows(): Arrow[] {
  return globSync(['src/**/*.ts', 'schema/**/*.ts'])
    .filter(file => !file.endsWith('.test.ts'))
    .sort()
    .flatMap(file =>
      [
        ...readFileSync(file, 'utf8').matchAll(
          /(?:^\s*(?:import|export)\s[^'"]*?from\s+|^\s*import\s+|\bimport\()'(\.[^']+)'/gm,
        ),
      ].map(([, target = '']) => ({ file, target: normalize(join(dirname(file), target)) })),
    )
}

const within = (path: string, room: string) => path === room || path.startsWith(`${room}/`)
const longest = (names: readonly string[], path: string) =>
  names.filter(name => within(path, name)).sort((a, b) => b.length - a.length)[0]

test('imports between rooms flow one way', () => {
  const found = arrows()
  assert.ok(found.length > 500, `${found.length} imports were looked at`)
  const rooms = Object.keys(allowed)
  const wrong = found.flatMap(({ file, target }) => {
    const from = longest(rooms, file)
    const to = longest(rooms, target)
    if (from === undefined || to === undefined) return [`${file} imports ${target}: one of them is in no room`]
    return from === to || allowed[from]?.includes(to) ? [] : [`${file} imports ${target}: ${from} must not reach ${to}`]
  })
  assert.deepEqual(wrong, [])
})

for (const [room, names] of Object.entries(floors))
  test(`imports inside ${room} flow downwards`, () => {
    const floorOf = (path: string) =>
      longest(
        names.filter(name => name !== '.'),
        path.slice(room.length + 1),
      ) ?? '.'
    const inside = arrows().filter(({ file, target }) => within(file, room) && within(target, room))
    assert.ok(inside.length > 0, 'no import was looked at')
    const wrong = inside.flatMap(({ file, target }) => {
      const [from, to] = [floorOf(file), floorOf(target)].map(floor => names.indexOf(floor))
      if (from === undefined || to === undefined || from < 0 || to < 0) return [`${file} or ${target} is on no floor`]
      return to <= from ? [] : [`${file} imports ${target}, which is above it`]
    })
    assert.deepEqual(wrong, [])
  })

test('a comment names only files that are there', () => {
  const files = globSync(['src/**/*.ts', 'schema/**/*.ts', 'test/**/*.ts', 'scripts/**/*.ts'])
  const names = new Set(files.map(file => basename(file)))
  const stale = files.flatMap(file =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter(line => /^\s*(?:\/\/|\/?\*)/.test(line))
      .flatMap(line => [...line.matchAll(/[\w-]+\.ts\b(?!\w)/g)].map(([name]) => name))
      .filter(name => name !== 'test.ts' && !names.has(name))
      .map(name => `${file}: ${name}`),
  )
  assert.deepEqual(stale, [])
})
