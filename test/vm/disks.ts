// The virtual machine's disks: the system (this host's programs with their libraries, cached), the project as it was
// built, and one for state. File systems are made from folders, so nothing has to be mounted.
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { build } from 'esbuild'
import { busyboxTar } from '../busybox.ts'
import { cached, project, stamp } from './cache.ts'
import { debianKernel } from './kernel.ts'

const guest = join(project, 'test/vm/guest')
const programs = ['crun', 'runc', 'conmon', 'tini-static', 'flock', 'apparmor_parser']
const libraries = ['libnftables.so.1', 'libseccomp.so.2']

/** An initial ram file system that finds the system disk, and the disk itself. */
export function system(): { kernel: string; initrd: string; disk: string } {
  const kernel = debianKernel()
  const node = realpathSync(join(project, 'node_modules/.bin/node'))
  const files = [node, ...programs.map(programPath)]
  const all = [...files, ...librariesOf([...files, ...libraries.map(libraryPath)])]
  const scripts = ['initrd.sh', 'init.sh'].map(name => join(guest, name))
  const parts = [busyboxTar(), ...all, ...kernel.modules, ...kernel.laterModules, ...scripts, import.meta.filename].map(
    stamp,
  )
  const initrd = cached('vm-initrd', parts, path =>
    inFolder(root => {
      putBusybox(root)
      putModules(root, kernel.diskModules)
      put(root, join(guest, 'initrd.sh'), '/init')
      for (const folder of ['proc', 'sys', 'dev', 'new']) mkdirSync(join(root, folder), { recursive: true })
      execFileSync('sh', ['-c', `find . | bin/busybox cpio -o -H newc >"${path}"`], { cwd: root, stdio: 'pipe' })
    }),
  )
  const disk = cached('vm-system', parts, path =>
    inFolder(root => {
      putBusybox(root)
      putModules(root, kernel.modules)
      for (const path of kernel.laterModules) put(root, path, join('modules', basename(path)))
      for (const file of all) if (file !== node) put(root, file, file)
      put(root, node, '/usr/bin/node')
      put(root, join(guest, 'init.sh'), '/sbin/init')
      for (const folder of [
        'project',
        'run',
        'var/lib',
        'var/tmp',
        'etc/systemd/system',
        'sys',
        'proc',
        'dev',
        'tmp',
        'root',
      ])
        mkdirSync(join(root, folder), { recursive: true })
      writeFileSync(join(root, 'etc/hosts'), '127.0.0.1 localhost\n')
      writeFileSync(join(root, 'etc/resolv.conf'), 'nameserver 127.0.0.1\n')
      makeDisk(path, 512, ['-d', root])
    }),
  )
  return { kernel: kernel.image, initrd, disk }
}

/** What changes from run to run: dist/, and the guest's tests as a bundle each. */
export async function projectDisk(path: string): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'tsc-disk-'))
  try {
    for (const name of ['dist', 'bin', 'package.json', 'node_modules/koffi', 'node_modules/@koromix'])
      cpSync(join(project, name), join(root, name), { recursive: true })
    mkdirSync(join(root, 'test/.cache'), { recursive: true })
    copyFileSync(busyboxTar(), join(root, 'test/.cache/busybox.tar'))
    await build({
      entryPoints: [join(guest, '*.ts')],
      outdir: join(root, 'test/guest'),
      bundle: true,
      platform: 'node',
      format: 'esm',
      external: ['koffi'],
      logLevel: 'warning',
      outExtension: { '.js': '.mjs' },
    })
    cpSync(join(guest, 'testdata'), join(root, 'test/guest/testdata'), { recursive: true })
    makeDisk(path, 96, ['-d', root])
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

/** An empty file system that can limit projects. */
export function stateDisk(path: string): void {
  makeDisk(path, 1024, ['-O', 'quota,project', '-E', 'quotatype=usrquota:grpquota:prjquota'])
}

function makeDisk(path: string, megabytes: number, options: readonly string[]): void {
  writeFileSync(path, '')
  truncateSync(path, megabytes * 1024 * 1024)
  execFileSync('mkfs.ext4', ['-q', '-F', '-m', '0', ...options, path], { stdio: 'pipe' })
}

function inFolder(work: (root: string) => void): void {
  const root = mkdtempSync(join(tmpdir(), 'tsc-disk-'))
  try {
    work(root)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

function putBusybox(root: string): void {
  execFileSync('tar', ['-C', root, '-xf', busyboxTar()])
  if (!existsSync(join(root, 'sbin'))) mkdirSync(join(root, 'sbin'))
}

/** In the order in which they are to be loaded. */
function putModules(root: string, modules: readonly string[]): void {
  mkdirSync(join(root, 'modules'))
  for (const path of modules) copyFileSync(path, join(root, 'modules', basename(path)))
  writeFileSync(join(root, 'modules/order'), `${modules.map(path => basename(path)).join('\n')}\n`)
}

function put(root: string, from: string, to: string): void {
  const target = join(root, to)
  mkdirSync(dirname(target), { recursive: true })
  copyFileSync(from, target)
  chmodSync(target, 0o755)
}

function programPath(name: string): string {
  return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim()
}

function libraryPath(name: string): string {
  const line = execFileSync('ldconfig', ['-p'], { encoding: 'utf8' })
    .split('\n')
    .find(text => text.trim().startsWith(`${name} `))
  const path = line?.split(' => ')[1]
  if (!path) throw new Error(`${name} is not installed`)
  return path
}

/** With the dynamic linker and themselves where they are libraries. */
function librariesOf(files: readonly string[]): string[] {
  const found = new Set(files.filter(path => path.includes('.so')))
  for (const file of files) {
    // A static program has none, which is an exit code of 1.
    const text = execFileSync('sh', ['-c', 'ldd "$0" 2>/dev/null || true', file], { encoding: 'utf8' })
    for (const [, path = ''] of text.matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)) found.add(path)
  }
  return [...found]
}
