// What Docker Engine checks of the long form of a mount, with its sentences.

import type { Mount } from '../../../docker/protocol/types.ts'
import { ComposeError } from '../../../shared/errors.ts'

export const propagations = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave']

export const invalidMount = (type: Mount['Type'], reason: string): ComposeError =>
  new ComposeError('invalid_argument', `invalid mount config for type "${type}": ${reason}`)

/** Throws what contradicts the mount's type. */
export function checkMount(mount: Mount): void {
  const { Type, Source = '', Target = '', BindOptions, VolumeOptions, TmpfsOptions, ImageOptions } = mount
  if (!['bind', 'volume', 'tmpfs', 'image'].includes(Type ?? '')) throw invalidMount(Type, 'mount type unknown')
  if (Target === '') throw invalidMount(Type, 'field Target must not be empty')
  const needsSource = Type === 'bind' || Type === 'image'
  if (needsSource && Source === '') throw invalidMount(Type, 'field Source must not be empty')
  if (Type === 'tmpfs' && Source !== '') throw invalidMount(Type, 'field Source must not be specified')
  const groups = { bind: BindOptions, volume: VolumeOptions, tmpfs: TmpfsOptions, image: ImageOptions }
  const names = { bind: 'BindOptions', volume: 'VolumeOptions', tmpfs: 'TmpfsOptions', image: 'ImageOptions' }
  for (const type of ['bind', 'volume', 'tmpfs', 'image'] as const) {
    if (type !== Type && groups[type])
      throw new ComposeError('invalid_argument', `${names[type]} must not be specified on mount type "${Type}"`)
  }
  if (BindOptions?.Propagation && !propagations.includes(BindOptions.Propagation))
    throw invalidMount(Type, `invalid propagation mode: ${BindOptions.Propagation}`)
  if (BindOptions?.ReadOnlyNonRecursive && BindOptions.ReadOnlyForceRecursive) {
    throw new ComposeError('invalid_argument', 'mount options conflict: ReadOnlyNonRecursive && ReadOnlyForceRecursive')
  }
  const subpath = VolumeOptions?.Subpath || ImageOptions?.Subpath
  if (!subpath) return
  if (Type === 'volume' && Source === '') throw invalidMount(Type, 'must not set Subpath when using anonymous volumes')
  if (subpath.startsWith('/') || subpath.split('/').includes('..'))
    throw invalidMount(Type, `subpath must be a relative path within the ${Type}`)
}

const tmpfsFlags =
  `defaults ro rw suid nosuid dev nodev exec noexec sync async dirsync mand nomand atime noatime diratime nodiratime
  relatime norelatime strictatime nostrictatime bind rbind private rprivate shared rshared slave rslave unbindable
  runbindable remount`.split(/\s+/)
const tmpfsValues = ['size', 'mode', 'uid', 'gid', 'nr_inodes', 'nr_blocks', 'mpol']

/** Throws for what tmpfs doesn't know. */
export function checkTmpfsOptions(options: readonly string[]): void {
  for (const option of options) {
    const [name = '', value] = option.split('=')
    const known = value === undefined ? tmpfsFlags : tmpfsValues
    if (!known.includes(name)) throw new ComposeError('invalid_argument', `invalid tmpfs option "${name}"`)
  }
}

/** What runc lets a mount stand on inside /proc: files that lxcfs and its like replace. */
const replaceable = `cpuinfo diskstats meminfo stat swaps uptime loadavg slabinfo net/dev sys/kernel/ns_last_pid
  sys/crypto/fips_enabled`
  .split(/\s+/)
  .map(name => `/proc/${name}`)

/**
 * Throws for a place in /proc, where a mount would cover or move what confines the container; the host's /proc may
 * stand in its place. runc refuses it at the start, with these words; crun does not.
 */
export function checkDestination(destination: string, source: string): void {
  if (destination === '/proc' ? source === '/proc' : !destination.startsWith('/proc/')) return
  if (replaceable.includes(destination)) return
  throw new ComposeError('invalid_argument', `"${destination}" cannot be mounted because it is inside /proc`)
}
