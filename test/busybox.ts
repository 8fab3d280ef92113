// The tests' image: Debian's static BusyBox, fetched once as a package. Nothing in it needs a registry.
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const cache = new URL('../.cache/', import.meta.url).pathname

/** The path of a tar of a root file system: bin/ with all applets, etc/passwd with root, nobody and a user `app`. */
export function busyboxTar(): string {
  const path = join(cache, 'busybox.tar')
  if (existsSync(path)) return path
  mkdirSync(cache, { recursive: true })
  const work = mkdtempSync(join(tmpdir(), 'busybox-'))
  try {
    chmodSync(work, 0o755)
    execFileSync('apt-get', ['-q', 'download', '-o', 'APT::Sandbox::User=root', 'busybox-static'], {
      cwd: work,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const deb = readdirSync(work).find(name => name.endsWith('.deb')) ?? ''
    execFileSync('dpkg', ['-x', join(work, deb), join(work, 'package')])
    const root = join(work, 'root')
    for (const folder of ['bin', 'etc', 'home/app', 'proc', 'sys', 'dev', 'root', 'tmp', 'var/www'])
      mkdirSync(join(root, folder), { recursive: true })
    chmodSync(join(root, 'tmp'), 0o1777)
    const program = join(work, 'package/bin/busybox')
    execFileSync('cp', [program, join(root, 'bin/busybox')])
    for (const applet of execFileSync(program, ['--list'], { encoding: 'utf8' }).trim().split('\n')) {
      if (applet !== 'busybox') symlinkSync('busybox', join(root, 'bin', applet))
    }
    writeFileSync(
      join(root, 'etc/passwd'),
      'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\napp:x:1000:1000::/home/app:/bin/sh\n',
    )
    writeFileSync(join(root, 'etc/group'), 'root:x:0:\nnogroup:x:65534:\napp:x:1000:\nstaff:x:50:app\n')
    // Tests that need it first at the same time each make it, byte for byte the same.
    const archive = join(work, 'busybox.tar')
    const stable = ['--numeric-owner', '--owner=0', '--group=0', '--sort=name', '--mtime=@0']
    execFileSync('tar', [...stable, '-C', root, '-cf', archive, '.'])
    copyFileSync(archive, `${path}.${process.pid}`)
    renameSync(`${path}.${process.pid}`, path)
    return path
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
