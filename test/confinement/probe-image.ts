// The image of the probe: the tests' root file system with this host's perl, its libraries and probe.pl.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { busyboxTar } from '../busybox.ts'

/** The tar of its root file system. */
export function probeTar(): Buffer {
  const work = mkdtempSync(join(tmpdir(), 'probe-'))
  const root = join(work, 'root')
  mkdirSync(root)
  try {
    execFileSync('tar', ['-xf', busyboxTar(), '-C', root])
    const modules = execFileSync('perl', ['-MPOSIX', '-e', 'print $INC{"POSIX.pm"} =~ s{/POSIX.pm}{}r'], {
      encoding: 'utf8',
    })
    const libraries = execFileSync('ldd', ['/usr/bin/perl'], { encoding: 'utf8' }).match(/\/\S+/g) ?? []
    for (const path of ['/usr/bin/perl', modules, ...libraries]) {
      cpSync(path, join(root, path), { recursive: true, dereference: true })
    }
    cpSync(new URL('./probe.pl', import.meta.url).pathname, join(root, 'probe.pl'))
    execFileSync('tar', ['--numeric-owner', '--owner=0', '--group=0', '-C', root, '-cf', join(work, 'probe.tar'), '.'])
    return readFileSync(join(work, 'probe.tar'))
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
