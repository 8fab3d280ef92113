// What the engine needs of a machine. Each probe looks itself, needs no engine, and names the command that helps.
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { messageOf } from '../shared/errors.ts'
import { findProgram, pathFolders } from '../shared/programs.ts'
import { engineRoots } from '../shared/roots.ts'

export interface Failed {
  name: string
  problem: string
  /** A command, or what else to do. */
  fix: string
}

export interface Probe {
  name: string
  /** What was found; throws nothing: a problem is returned with its fix. */
  look(): { found: string } | { problem: string; fix: string }
}

/** Debian's names; other distributions have the same programs. */
const packages: Record<string, string> = {
  crun: 'crun',
  conmon: 'conmon',
  'libnftables.so.1': 'libnftables1',
  'libseccomp.so.2': 'libseccomp2',
}

export const probes: readonly Probe[] = [
  {
    name: 'operating system',
    look: () =>
      process.platform === 'linux'
        ? { found: 'Linux' }
        : {
            problem: `this is ${process.platform}, the engine runs on Linux`,
            fix: 'name a Docker Engine with DOCKER_HOST or -H',
          },
  },
  {
    name: 'user',
    look: () =>
      process.getuid?.() === 0 ? { found: 'root' } : { problem: 'the engine needs root', fix: 'sudo tsc-compose …' },
  },
  {
    name: 'kernel',
    look() {
      const release = firstLine('/proc/sys/kernel/osrelease')
      const [major = 0, minor = 0] = release.split('.').map(Number)
      return major > 5 || (major === 5 && minor >= 4)
        ? { found: release }
        : { problem: `kernel ${release || 'unknown'} is older than 5.4`, fix: 'upgrade the kernel to 5.4 or newer' }
    },
  },
  {
    name: 'cgroups',
    look() {
      if (existsSync('/sys/fs/cgroup/cgroup.controllers')) return { found: 'version 2' }
      if (existsSync('/sys/fs/cgroup/memory') || existsSync('/sys/fs/cgroup/cpu')) return { found: 'version 1' }
      return { problem: 'no cgroup hierarchy is mounted', fix: 'mount -t cgroup2 none /sys/fs/cgroup' }
    },
  },
  {
    name: 'overlayfs',
    look: () =>
      /\boverlay$/m.test(text('/proc/filesystems'))
        ? { found: 'in the kernel' }
        : { problem: 'the kernel has no overlayfs', fix: 'modprobe overlay' },
  },
  {
    name: 'OCI runtime',
    look() {
      const found = inPath('crun') ?? inPath('runc')
      return found
        ? { found }
        : { problem: 'neither crun nor runc is installed', fix: `apt-get install -y ${packages.crun}` }
    },
  },
  { name: 'conmon', look: () => program('conmon') },
  { name: 'libnftables', look: () => library('libnftables.so.1') },
  { name: 'libseccomp', look: () => library('libseccomp.so.2') },
  {
    name: 'Node',
    look() {
      const major = Number(process.versions.node.split('.')[0])
      return major >= 24
        ? { found: process.version }
        : { problem: `Node ${process.version} is older than 24`, fix: 'npm install in the project brings its own Node' }
    },
  },
  {
    name: 'data root',
    look() {
      const { dataRoot } = engineRoots(process.env)
      try {
        const existing = nearestExisting(dataRoot)
        accessSync(existing, constants.W_OK)
        return { found: dataRoot }
      } catch (error) {
        return {
          problem: `the data root ${dataRoot} can't be written: ${messageOf(error)}`,
          fix: 'TSC_COMPOSE_ROOT=<folder> chooses another',
        }
      }
    },
  },
]

export async function failedProbes(): Promise<Failed[]> {
  return probes.flatMap(({ name, look }) => {
    const result = look()
    return 'problem' in result ? [{ name, ...result }] : []
  })
}

function program(name: string): { found: string } | { problem: string; fix: string } {
  const found = inPath(name)
  return found ? { found } : { problem: `${name} is not installed`, fix: `apt-get install -y ${packages[name]}` }
}

function inPath(name: string): string | undefined {
  const usual = ['/usr/libexec/podman', '/usr/lib/podman', '/usr/sbin', '/usr/bin']
  return findProgram(name, [...pathFolders(process.env.PATH), ...usual])
}

/** The dynamic linker's folders: the usual ones and their multiarch children. */
function library(name: string): { found: string } | { problem: string; fix: string } {
  const tops = ['/lib', '/usr/lib', '/lib64', '/usr/lib64', '/usr/local/lib']
  const folders = tops.flatMap(top => [
    top,
    ...children(top)
      .filter(child => child.includes('-linux-'))
      .map(child => join(top, child)),
  ])
  const found = folders.map(folder => join(folder, name)).find(path => existsSync(path))
  return found ? { found } : { problem: `${name} is not installed`, fix: `apt-get install -y ${packages[name]}` }
}

function children(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function nearestExisting(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : nearestExisting(dirname(path))
}

function firstLine(path: string): string {
  return text(path).split('\n')[0] ?? ''
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
