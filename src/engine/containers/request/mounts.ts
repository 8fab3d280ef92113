// Binds, mounts, tmpfs and the image's volumes of a create request, as one list of mounts. Two at one destination
// are refused; only what volumes_from brings gives way.
import { existsSync, mkdirSync } from 'node:fs'
import { posix } from 'node:path'
import type { HostConfig, ImageConfig, Mount } from '../../../docker/protocol/types.ts'
import { ComposeError } from '../../../shared/errors.ts'
import type { Volumes } from '../../volumes/volumes.ts'
import type { ContainerRecord, MountRecord } from '../record.ts'
import { checkDestination, checkMount, checkTmpfsOptions, invalidMount, propagations } from './mount-checks.ts'

export interface MountSources {
  hostConfig: HostConfig
  /** Anonymous volumes that config and image ask for. */
  declared: NonNullable<ImageConfig['Volumes']>
  volumes: Volumes
  containerNamed: (name: string) => ContainerRecord
  /** The id of an image. */
  imageNamed: (ref: string) => string
}

/** Creates the volumes that don't exist yet. */
export function resolveMounts(sources: MountSources): MountRecord[] {
  const { volumes } = sources
  const made: string[] = []
  const createAnonymous: Volumes['createAnonymous'] = labels => {
    const volume = volumes.createAnonymous(labels)
    made.push(volume.name)
    return volume
  }
  try {
    return collectMounts({ ...sources, volumes: { ...volumes, createAnonymous } })
  } catch (error) {
    // Nobody would know whose they are.
    for (const name of made) volumes.remove(name, true)
    throw error
  }
}

function collectMounts(sources: MountSources): MountRecord[] {
  const { hostConfig, declared, volumes, containerNamed } = sources
  const found = new Map<string, MountRecord>()
  const add = (mount: MountRecord) => {
    checkDestination(mount.destination, mount.source)
    found.set(mount.destination, mount)
  }
  for (const entry of hostConfig.VolumesFrom ?? []) {
    const [name = '', mode = 'rw'] = entry.split(':')
    for (const mount of containerNamed(name).mounts)
      add({ ...mount, copyUp: false, readOnly: mount.readOnly || mode === 'ro' })
  }
  const taken = new Set(Object.keys(hostConfig.Tmpfs ?? {}).map(path => clean(path)))
  const addOnce = (mount: MountRecord) => {
    if (taken.has(mount.destination))
      throw new ComposeError('invalid_argument', `Duplicate mount point: ${mount.destination}`)
    taken.add(mount.destination)
    add(mount)
  }
  for (const mount of hostConfig.Mounts ?? []) checkMount(mount)
  for (const bind of hostConfig.Binds ?? []) addOnce(fromBind(bind, volumes))
  for (const mount of hostConfig.Mounts ?? []) addOnce(fromMount(mount, sources))
  for (const [destination, options] of Object.entries(hostConfig.Tmpfs ?? {})) {
    const list = options.split(',').filter(Boolean)
    checkTmpfsOptions(list)
    add({ ...blank('tmpfs', clean(destination)), options: list })
  }
  for (const destination of Object.keys(declared).map(path => clean(path))) {
    if (!found.has(destination)) add(volumeMount(volumes.createAnonymous().name, destination, volumes))
  }
  // A mount inside another one must come after it.
  return [...found.values()].sort((a, b) => depth(a) - depth(b) || (a.destination < b.destination ? -1 : 1))
}

/** `source:destination[:options]`, where the source is an absolute path or a volume. */
function fromBind(text: string, volumes: Volumes): MountRecord {
  const [source = '', destination, mode = ''] = text.split(':')
  if (destination === undefined) return volumeMount(volumes.createAnonymous().name, clean(source), volumes)
  const options = mode.split(',').filter(Boolean)
  const unknown = options.find(
    option => !['rw', 'ro', 'z', 'Z', 'nocopy', 'consistent', 'cached', 'delegated', ...propagations].includes(option),
  )
  if (unknown) throw new ComposeError('invalid_argument', `invalid mode: ${mode}`)
  const common = { mode, readOnly: options.includes('ro') }
  const type = source.startsWith('/') ? 'bind' : 'volume'
  const place = clean(destination, `invalid volume specification: '${text}': invalid mount config for type "${type}"`)
  if (type === 'bind') {
    const propagation = options.find(option => propagations.includes(option)) ?? 'rprivate'
    if (!existsSync(source)) mkdirSync(source, { recursive: true })
    return { ...blank('bind', place), ...common, source, propagation }
  }
  volumes.create({ Name: source })
  return { ...volumeMount(source, place, volumes), ...common, copyUp: !options.includes('nocopy') }
}

function fromMount(mount: Mount, { volumes, imageNamed }: MountSources): MountRecord {
  const { Type, Source = '', ReadOnly: readOnly = false } = mount
  const destination = clean(mount.Target ?? '', `invalid mount config for type "${Type}"`)
  switch (Type) {
    case 'bind': {
      const { BindOptions = {} } = mount
      if (!existsSync(Source)) {
        if (!BindOptions.CreateMountpoint) {
          throw new ComposeError(
            'invalid_argument',
            `invalid mount config for type "bind": bind source path does not exist: ${Source}`,
          )
        }
        mkdirSync(Source, { recursive: true })
      }
      const propagation = BindOptions.Propagation ?? 'rprivate'
      return {
        ...blank('bind', destination),
        source: Source,
        readOnly,
        propagation,
        recursive: !BindOptions.NonRecursive,
        readOnlyBelow: BindOptions.ReadOnlyNonRecursive
          ? 'no'
          : BindOptions.ReadOnlyForceRecursive
            ? 'force'
            : undefined,
      }
    }
    case 'volume': {
      const { NoCopy, Labels, DriverConfig, Subpath } = mount.VolumeOptions ?? {}
      const volume = Source
        ? volumes.create({ Name: Source, Labels, Driver: DriverConfig?.Name, DriverOpts: DriverConfig?.Options })
        : volumes.createAnonymous(Labels)
      return {
        ...volumeMount(volume.name, destination, volumes),
        readOnly,
        subpath: Subpath || undefined,
        copyUp: !NoCopy && !Subpath,
      }
    }
    case 'tmpfs': {
      const { SizeBytes, Mode, Options = [] } = mount.TmpfsOptions ?? {}
      const options = [
        ...(SizeBytes ? [`size=${SizeBytes}`] : []),
        ...(Mode ? [`mode=${Mode.toString(8)}`] : []),
        ...Options.map(option => option.join('=')),
      ]
      checkTmpfsOptions(options)
      return { ...blank('tmpfs', destination), readOnly, options }
    }
    case 'image': {
      const subpath = mount.ImageOptions?.Subpath || undefined
      const imageId = imageNamed(Source)
      return { ...blank('image', destination), name: Source, source: Source, imageId, readOnly: true, subpath }
    }
    default:
      throw invalidMount(Type, 'mount type unknown')
  }
}

const volumeMount = (name: string, destination: string, volumes: Volumes): MountRecord => ({
  ...blank('volume', destination),
  name,
  source: volumes.mountpoint(name),
  copyUp: true,
  anonymous: volumes.get(name).anonymous,
})

const blank = (type: MountRecord['type'], destination: string): MountRecord => ({
  type,
  source: '',
  destination,
  readOnly: false,
  mode: '',
  propagation: '',
  recursive: true,
  copyUp: false,
  anonymous: false,
  options: [],
})

/** `of`: what the mount is, for the error. */
function clean(destination: string, of = 'invalid mount config'): string {
  if (!destination.startsWith('/'))
    throw new ComposeError(
      'invalid_argument',
      `${of}: invalid mount path: '${destination}' mount path must be absolute`,
    )
  const path = posix.normalize(destination).replace(/(.)\/$/, '$1')
  if (path === '/') throw new ComposeError('invalid_argument', `invalid volume specification: destination can't be '/'`)
  return path
}

const depth = ({ destination }: MountRecord) => destination.split('/').length
