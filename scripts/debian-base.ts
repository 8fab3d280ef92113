// What the example's images are built on where no registry can be reached: a Debian root file system by mmdebstrap, in
// place of debian:bookworm-slim. Kept in .cache/, made anew when its recipe changes.
import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram } from './program.ts'

export const baseImage = 'debian:bookworm-slim'

export const cache = new URL('../.cache', import.meta.url).pathname

/** Without what only readers need; what is installed later is left without it too. */
const leftOut = ['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/info/*', '/usr/share/locale/*']

const recipe = [
  '--variant=apt',
  ...leftOut.map(pattern => `--dpkgopt=path-exclude=${pattern}`),
  // As the official image has it: no write of dpkg waits for the disk, no translations.
  '--dpkgopt=force-unsafe-io',
  '--aptopt=Acquire::Languages "none"',
  // The same: packages must not start their services while they are installed.
  `--customize-hook=printf '#!/bin/sh\\nexit 101\\n' >"$1/usr/sbin/policy-rc.d" && chmod +x "$1/usr/sbin/policy-rc.d"`,
  'bookworm',
]

/** Of all but the newest state of Debian's packages. */
export const baseKey = digestOf(recipe)

/** The path of the root file system's tar; made when it isn't there, which takes ten seconds. */
export async function baseTar(say: (line: string) => void): Promise<string> {
  const path = join(cache, `debian-${baseKey}.tar`)
  if (existsSync(path)) return path
  say('Making a Debian root file system (once)')
  mkdirSync(cache, { recursive: true })
  const making = join(cache, `debian-${process.pid}.new.tar`)
  try {
    await runProgram('mmdebstrap', ['--quiet', ...recipe, making])
    forget('debian-*')
    renameSync(making, path)
    return path
  } finally {
    rmSync(making, { force: true })
  }
}

/** Removes what older recipes made; what is being made (`.new.`) belongs to somebody. */
export function forget(pattern: string): void {
  for (const name of globSync(pattern, { cwd: cache }))
    if (!name.includes('.new.')) rmSync(join(cache, name), { recursive: true, force: true })
}

export function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12)
}
