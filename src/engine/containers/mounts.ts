// Binds, mounts, tmpfs and the image's volumes of a create request, as one list of mounts. The last one at a
// destination wins, as in Docker Engine.
import { existsSync, mkdirSync } from 'node:fs'
import { posix } from 'node:path'
import { ComposeError } from '../../shared/errors.ts'
import type { HostConfig, ImageConfig, Mount } from '../api/types.ts'
import type { Volumes } from '../volumes/volumes.ts'
import type { ContainerRecord, MountRecord } from './record.ts'

const propagations = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave']

export interface MountSources {
  hostConfig: HostConfig
  /** Anonymous volumes that config and image ask for. */
  declared: NonNullable<ImageConfig['Volumes']>
  volumes: Volumes
  containerNamed: (name: string) => ContainerRecord
}

/** Creates the volumes that don't exist yet. */
export function resolveMounts({ hostConfig, declared, volumes, containerNamed }: MountSources): MountRecord[] {
  const found = new Map<string, MountRecord>()
  const add = (mount: MountRecord) => found.set(mount.destination, mount)
  for (const entry of hostConfig.VolumesFrom ?? []) {
    const [name = '', mode = 'rw'] = entry.split(':')
    for (const mount of containerNamed(name).mounts)
      add({ ...mount, copyUp: false, readOnly: mount.readOnly || mode === 'ro' })
  }
  for (const bind of hostConfig.Binds ?? []) add(fromBind(bind, volumes))
  for (const mount of hostConfig.Mounts ?? []) add(fromMount(mount, volumes))
  for (const [destination, options] of Object.entries(hostConfig.Tmpfs ?? {})) {
    add({ ...blank('tmpfs', clean(destination)), options: options.split(',').filter(Boolean), copyUp: false })
  }
  for (const destination of Object.keys(declared).map(clean)) {
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
  if (source.startsWith('/')) {
    const propagation = options.find(option => propagations.includes(option)) ?? 'rprivate'
    if (!existsSync(source)) mkdirSync(source, { recursive: true })
    return { ...blank('bind', clean(destination)), ...common, source, propagation }
  }
  volumes.create({ Name: source })
  return { ...volumeMount(source, clean(destination), volumes), ...common, copyUp: !options.includes('nocopy') }
}

function fromMount(mount: Mount, volumes: Volumes): MountRecord {
  const { Type, Source = '', ReadOnly: readOnly = false } = mount
  const destination = clean(mount.Target ?? '')
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
      return { ...blank('tmpfs', destination), readOnly, options }
    }
    default:
      throw new ComposeError(
        'not_implemented',
        `mount type ${JSON.stringify(Type)} of ${destination} is not available on this engine yet`,
      )
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

function clean(destination: string): string {
  if (!destination.startsWith('/')) {
    throw new ComposeError(
      'invalid_argument',
      `invalid mount config: invalid mount path: '${destination}' mount path must be absolute`,
    )
  }
  const path = posix.normalize(destination).replace(/(.)\/$/, '$1')
  if (path === '/') throw new ComposeError('invalid_argument', `invalid volume specification: destination can't be '/'`)
  return path
}

const depth = ({ destination }: MountRecord) => destination.split('/').length
