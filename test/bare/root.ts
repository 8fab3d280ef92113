// The root file system of a machine that has never had the project: Debian's minimum, Node and npm, and nothing of
// this one. Made once for each set of versions, kept in .cache.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, globSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const project = new URL('../..', import.meta.url).pathname
const cache = join(project, '.cache')
const npmVersion = '11.6.0'
const variant = ['--variant=minbase', 'bookworm']

/** The path of its tar. */
export function bareRoot(): string {
  const key = createHash('sha256')
    .update(JSON.stringify([variant, npmVersion, process.version]))
    .digest('hex')
  const path = join(cache, `bare-${key.slice(0, 12)}.tar`)
  if (existsSync(path)) return path
  mkdirSync(cache, { recursive: true })
  for (const old of globSync('bare-*.tar', { cwd: cache })) rmSync(join(cache, old), { force: true })
  const work = mkdtempSync(join(tmpdir(), 'bare-'))
  try {
    const making = join(work, 'root.tar')
    const run = (program: string, ...args: string[]) =>
      execFileSync(program, args, { cwd: work, stdio: ['ignore', 'ignore', 'inherit'] })
    run('mmdebstrap', '--quiet', ...variant, making)
    mkdirSync(join(work, 'usr/local/bin'), { recursive: true })
    mkdirSync(join(work, 'usr/local/lib/node_modules/npm'), { recursive: true })
    copyFileSync(join(project, 'node_modules/node/bin/node'), join(work, 'usr/local/bin/node'))
    run('npm', 'pack', '--silent', `npm@${npmVersion}`)
    run('tar', '-xzf', `npm-${npmVersion}.tgz`, '--strip-components=1', '-C', 'usr/local/lib/node_modules/npm')
    for (const name of ['npm', 'npx'])
      symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(work, 'usr/local/bin', name))
    run('tar', '--owner=0', '--group=0', '--numeric-owner', '-rf', making, 'usr')
    renameOver(making, path)
    return path
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** Also from another file system. */
function renameOver(from: string, to: string): void {
  copyFileSync(from, `${to}.new`)
  renameSync(`${to}.new`, to)
}
