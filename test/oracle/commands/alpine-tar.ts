// The image of the recordings: BusyBox in Alpine's folders.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { busyboxTar } from '../../busybox.ts'

/** Makes a tar of its root file system in `folder`. */
export function alpineTar(folder: string): string {
  const root = join(folder, 'alpine')
  mkdirSync(root, { recursive: true })
  execFileSync('tar', ['-xf', busyboxTar(), '-C', root])
  for (const name of ['media', 'mnt', 'opt', 'srv', 'usr']) mkdirSync(join(root, name))
  const passwd = join(root, 'etc/passwd')
  // Nobody has the numbers that the cases use.
  writeFileSync(passwd, readFileSync(passwd, 'utf8').replace(/^app:.*\n/m, ''))
  const tar = join(folder, 'alpine.tar')
  execFileSync('tar', ['-cf', tar, '-C', root, '.'])
  return tar
}
