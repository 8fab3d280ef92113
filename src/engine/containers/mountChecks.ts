// What Docker Engine checks of the long form of a mount, with its sentences.
import { ComposeError } from '../../shared/errors.ts'
import type { Mount } from '../api/types.ts'

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
