// docker diff: upper and lower folders as overlayfs leaves them, whose marks only the host's root may set.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { changedPaths, changeKinds } from '../../src/engine/containers/files/changed-paths.ts'
import { lsetxattr, mknod } from '../../src/engine/kernel/libc.ts'

const root = mkdtempSync(join(tmpdir(), 'changes-'))
after(() => rmSync(root, { recursive: true }))
let count = 0

/** Files of a folder, `name/` a folder, `name!` what hides one below, `name/*` a folder that hides all below. */
function folderOf(...names: string[]): string {
  const folder = join(root, String(count++))
  for (const name of ['', ...names]) {
    const path = join(folder, name.replace(/[!*]$/, ''))
    mkdirSync(/[/*]$/.test(name) || name === '' ? path : dirname(path), { recursive: true })
    if (name.endsWith('!')) mknod(path, 0o020000, 0, 0)
    else if (name.endsWith('*')) lsetxattr(path, 'trusted.overlay.opaque', Buffer.from('y'))
    else if (name !== '' && !name.endsWith('/')) writeFileSync(path, name)
  }
  return folder
}

const letters = Object.entries(changeKinds)
function told(upper: string, ...lowers: string[]): string {
  const paths = changedPaths(upper, lowers)
  return paths.map(({ Path, Kind }) => `${letters.find(([, kind]) => kind === Kind)?.[0]} ${Path}`).join(', ')
}

test('what came, changed and went, and the folders in which it did', () => {
  const lower = folderOf('same/old', 'same/gone', 'file')
  const upper = folderOf('same/new', 'same/gone!', 'file', 'more/inner')
  assert.equal(
    told(upper, lower),
    'modified /file, added /more, added /more/inner, modified /same, deleted /same/gone, added /same/new',
  )
})

test('a folder is told when its mode or its time is another, or something in it', () => {
  const [lower, upper] = [folderOf('a/x', 'b/y'), folderOf('a/', 'b/y')]
  for (const folder of [lower, upper]) for (const name of ['a', 'b']) utimesSync(join(folder, name), 1, 1)
  assert.equal(told(upper, lower), 'modified /b/y')
  utimesSync(join(upper, 'a'), 2, 2)
  assert.equal(told(upper, lower), 'modified /a, modified /b/y')
})

test('what a layer hides of those below it was never there, and a folder made anew hides what it had', () => {
  const bottom = folderOf('d/old', 'e/old', 'f')
  const middle = folderOf('d/*', 'd/kept', 'f!')
  const upper = folderOf('d/old', 'e/*', 'f')
  assert.equal(told(upper, middle, bottom), 'modified /d, added /d/old, modified /e, deleted /e/old, added /f')
})

test('a link of a layer leads nowhere', () => {
  const secret = folderOf('known')
  const lower = folderOf('x')
  symlinkSync(secret, join(lower, 'way'))
  assert.equal(told(folderOf('way/known'), lower), 'modified /way, added /way/known')
})

test('what the engine mounts into every container is no change', () => {
  const upper = folderOf('proc/', 'dev/', 'sys/', 'etc/')
  for (const name of ['.dockerenv', 'etc/hosts']) writeFileSync(join(upper, name), '')
  const lower = folderOf('etc/')
  utimesSync(join(lower, 'etc'), 1, 1)
  assert.equal(told(upper, lower), '')
  writeFileSync(join(upper, 'etc/own'), '')
  assert.equal(told(upper, lower), 'modified /etc, added /etc/own')
})
