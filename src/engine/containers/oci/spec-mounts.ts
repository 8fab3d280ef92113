// The mounts of a container as the OCI spec writes them, in the order in which they are made.
import { existsSync, statSync } from 'node:fs'
import { release } from 'node:os'
import { ComposeError } from '../../../shared/errors.ts'
import { placeWithin, restrictions } from '../../kernel/mounts.ts'
import type { ContainerEdits } from '../../runtime/cdi.ts'
import { executablePath } from '../../runtime/runtime.ts'
import type { SpecMount } from '../../runtime/spec.ts'
import { hostFilesOf } from '../files/host-files.ts'
import type { ContainerRecord, MountRecord } from '../record.ts'
import type { SpecContext } from './spec-context.ts'

export const initPath = '/sbin/docker-init'

export function specMounts(record: ContainerRecord, context: SpecContext): SpecMount[] {
  const { host, mounts } = record
  return [
    ...fileMounts(context.filesFolder, host.readonlyRootfs ?? false),
    ...sharedMemoryMounts(record, context),
    ...initMount(host.init ?? false),
    ...[...context.edits.flatMap(cdiMounts), ...mounts.map(mount => specMount(mount, context))].sort(byDepth),
  ]
}

function fileMounts(folder: string, readOnly: boolean): SpecMount[] {
  const files = hostFilesOf(folder)
  const options = ['rbind', 'rprivate', readOnly ? 'ro' : 'rw']
  return [
    { destination: '/etc/resolv.conf', type: 'bind', source: files.resolvConf, options },
    { destination: '/etc/hostname', type: 'bind', source: files.hostname, options },
    { destination: '/etc/hosts', type: 'bind', source: files.hosts, options },
  ]
}

/** /dev/shm belongs to the IPC namespace: whoever shares one has the other's too. */
function sharedMemoryMounts(record: ContainerRecord, context: SpecContext): SpecMount[] {
  const { ipc } = record.namespaces
  if (record.mounts.some(({ destination }) => destination === '/dev/shm')) return []
  const bound = (source: string, destination = source): SpecMount => ({
    destination,
    type: 'bind',
    source,
    options: ['rbind', 'rprivate', ...restrictions(source)],
  })
  if (ipc.kind === 'host') return ['/dev/shm', '/dev/mqueue'].filter(path => existsSync(path)).map(path => bound(path))
  if (ipc.kind === 'shareable') return [bound(context.sharedMemoryOf(record), '/dev/shm')]
  if (ipc.kind !== 'container') return []
  const donor = context.containerNamed(ipc.container)
  const { kind } = donor.namespaces.ipc
  if (kind === 'host') return [bound('/dev/shm')]
  if (kind === 'shareable') return [bound(context.sharedMemoryOf(donor), '/dev/shm')]
  throw new ComposeError(
    'invalid_argument',
    `can't join IPC of container ${donor.id}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`,
  )
}

function initMount(init: boolean): SpecMount[] {
  if (!init) return []
  const source = executablePath('tini-static')
  if (!source) {
    throw new ComposeError('failed_precondition', 'init: true needs the program tini', {
      hint: 'apt-get install -y tini',
    })
  }
  return [{ destination: initPath, type: 'bind', source, options: ['bind', 'ro'] }]
}

/** A mount inside another one must come after it; of one place the container's own holds. */
const byDepth = (a: SpecMount, b: SpecMount): number =>
  a.destination.split('/').length - b.destination.split('/').length

const cdiMounts = ({ mounts = [] }: ContainerEdits): SpecMount[] =>
  mounts.map(({ hostPath, containerPath, options = [], type = 'bind' }) => ({
    destination: containerPath,
    type,
    source: hostPath,
    options: type !== 'bind' || options.some(option => /^r?bind$/.test(option)) ? options : ['rbind', ...options],
  }))

function specMount(mount: MountRecord, context: SpecContext): SpecMount {
  const { type, destination, readOnly } = mount
  if (type === 'tmpfs') {
    const options = [
      'nosuid',
      'nodev',
      ...(mount.options.includes('exec') ? [] : ['noexec']),
      ...mount.options.filter(option => option !== 'exec'),
      ...(readOnly ? ['ro'] : []),
    ]
    return { destination, type: 'tmpfs', source: 'tmpfs', options }
  }
  const source = sourceOf(mount, context)
  return {
    destination,
    type: 'bind',
    source,
    // crun takes away what the source is mounted with (nosuid, nodev, noexec) unless it is said again. rro is ro also
    // for what is mounted below; below a file there is nothing, and crun takes it for folders only.
    options: [
      mount.recursive ? 'rbind' : 'bind',
      ...restrictions(source),
      ...(readOnly ? [wantsRecursion(mount, source) ? 'rro' : 'ro'] : []),
      mount.propagation || 'rprivate',
    ],
  }
}

/** From Linux 5.12 on read-only is so for what is mounted below too, unless the mount says otherwise. */
function wantsRecursion({ destination, readOnlyBelow }: MountRecord, source: string): boolean {
  const [major = 0, minor = 0] = release().split('.').map(Number.parseFloat)
  const able = major > 5 || (major === 5 && minor >= 12)
  if (readOnlyBelow === 'force' && !able) {
    throw new ComposeError(
      'failed_precondition',
      `the mount at ${destination} can't be recursively read-only: Linux 5.12 or later is needed, this is ${release()}`,
    )
  }
  return able && readOnlyBelow !== 'no' && statSync(source).isDirectory()
}

function sourceOf(mount: MountRecord, { volumePath, preparedSource }: SpecContext): string {
  const volume = mount.type === 'volume' && mount.name ? volumePath(mount.name) : undefined
  return placeWithin(volume ?? preparedSource(mount) ?? mount.source, mount)
}
