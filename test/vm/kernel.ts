// The kernel of the virtual machine: Debian's for clouds, from its package, with the modules that containers need.
import { execFileSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { cached } from './cache.ts'

export interface Kernel {
  /** The boot image. */
  image: string
  /** Paths of `.ko` files, each after those it needs. */
  modules: string[]
  /** What the first file system is found with; part of `modules` too. */
  diskModules: string[]
  /** Are there for a test to load. */
  laterModules: string[]
}

const onDisk = ['virtio_pci', 'virtio_blk']
const wanted = [
  ...onDisk,
  ...['overlay', 'bridge', 'veth', 'nf_tables', 'nft_chain_nat', 'nft_nat', 'nft_masq', 'nft_redir', 'nft_ct'],
  ...['nf_conntrack', 'nf_conntrack_netlink', 'nft_fib_ipv4'],
  // The disk for state keeps quotas of projects.
  'quota_v2',
]

const later = ['bfq']

/** Fetched by apt once; needs Debian's package lists. */
export function debianKernel(): Kernel {
  const folder = extracted()
  const [image = ''] = globSync(join(folder, 'boot/vmlinuz-*'))
  const files = new Map(
    globSync(join(folder, 'lib/modules/*/kernel/**/*.ko')).map(path => [
      basename(path, '.ko').replaceAll('-', '_'),
      path,
    ]),
  )
  const withNeeded = (names: readonly string[]) => {
    const order = new Set<string>()
    const add = (name: string) => {
      const path = files.get(name)
      if (!path) throw new Error(`the kernel's package has no module ${name}`)
      for (const other of needs(path)) add(other)
      order.add(path)
    }
    for (const name of names) add(name)
    return [...order]
  }
  return { image, modules: withNeeded(wanted), diskModules: withNeeded(onDisk), laterModules: withNeeded(later) }
}

function extracted(): string {
  const meta = execFileSync('apt-cache', ['depends', 'linux-image-cloud-amd64'], { encoding: 'utf8' })
  const name = /Depends: (linux-image-\S+)/.exec(meta)?.[1]
  if (!name) throw new Error('apt knows no package linux-image-cloud-amd64: apt-get update')
  return cached('vm-kernel', [name], folder => {
    const work = mkdtempSync(join(tmpdir(), 'tsc-kernel-'))
    try {
      execFileSync('apt-get', ['-q', 'download', '-o', 'APT::Sandbox::User=root', name], {
        cwd: work,
        stdio: ['ignore', 'ignore', 'inherit'],
      })
      const [deb = ''] = globSync(join(work, '*.deb'))
      execFileSync('dpkg', ['-x', deb, folder])
    } finally {
      rmSync(work, { recursive: true, force: true })
    }
  })
}

/** The section .modinfo has a `depends=` of names with commas. */
function needs(path: string): string[] {
  const found = /\0depends=([\w,-]*)\0/.exec(readFileSync(path, 'latin1'))?.[1] ?? ''
  return found
    .split(',')
    .filter(Boolean)
    .map(name => name.replaceAll('-', '_'))
}
