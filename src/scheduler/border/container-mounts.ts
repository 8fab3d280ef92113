// What a container mounts, and what is written into it before its start. Docker Compose's choice between the two
// forms of the API is kept: `Binds` wherever they can say it (they make a missing source), `Mounts` for the rest.

import type { Mount } from '../../docker/protocol/types.ts'
import type { FileReference, VolumeMount } from '../../model/attributes/shapes/storage.ts'
import type { Project } from '../../model/project/project.ts'
import type { Service } from '../../model/project/service.ts'
import { ComposeError } from '../../shared/errors.ts'
import type { ObservedContainer } from '../observe/observe.ts'
import type { InjectedFile } from './draft.ts'

export function containerMounts(
  project: Project,
  service: Service,
  replaced: ObservedContainer | undefined,
): { binds: string[] | undefined; mounts: Mount[] | undefined } {
  const binds: string[] = []
  const mounts: Mount[] = []
  for (const volume of service.volumes) {
    const source =
      volume.type === 'volume' && volume.source ? nameOfVolume(project, service, volume.source) : volume.source
    if (volume.type === 'bind' && !bindNeedsMount(volume)) binds.push(bindText(source ?? '', volume))
    else if (volume.type === 'volume' && source && !volumeNeedsMount(volume)) binds.push(bindText(source, volume))
    else mounts.push(mountOf(source, volume))
  }
  mounts.push(...fileMounts(project, service))
  const taken = new Set([
    ...service.volumes.filter(({ source }) => source).map(({ target }) => target),
    ...service.tmpfs,
  ])
  for (const old of replaced?.mounts ?? []) {
    if (old.type !== 'volume' || taken.has(old.target) || !isAnonymous(old.name)) continue
    const own = mounts.findIndex(mount => mount.Target === old.target)
    if (own >= 0) mounts.splice(own, 1)
    mounts.push({ Type: 'volume', Source: old.name, Target: old.target, ReadOnly: old.readOnly || undefined })
  }
  return { binds: binds.length > 0 ? binds : undefined, mounts: mounts.length > 0 ? mounts : undefined }
}

/** The engine names a volume that nobody named with 64 hexadecimal digits. */
function isAnonymous(name: string): boolean {
  return /^[0-9a-f]{64}$/.test(name)
}

function nameOfVolume(project: Project, service: Service, key: string): string {
  const volume = project.volumes[key]
  if (!volume) {
    throw new ComposeError(
      'invalid_argument',
      `service "${service.name}" refers to undefined volume ${key}: invalid compose project`,
    )
  }
  return volume.name
}

function bindNeedsMount({ bind }: VolumeMount): boolean {
  return bind !== undefined && (!bind.createHostPath || bind.propagation !== undefined || bind.recursive !== undefined)
}

function volumeNeedsMount({ volume }: VolumeMount): boolean {
  return (
    volume !== undefined &&
    (Object.keys(volume.labels).length > 0 || volume.subpath !== undefined || volume.nocopy === true)
  )
}

/** `source:target:rw,z` */
function bindText(source: string, volume: VolumeMount): string {
  const options = [volume.readOnly ? 'ro' : 'rw', ...(volume.bind?.selinux ? [volume.bind.selinux] : [])]
  return `${source}:${volume.target ?? ''}:${options.join(',')}`
}

function mountOf(source: string | undefined, volume: VolumeMount): Mount {
  const { type, target, readOnly, bind, tmpfs, image } = volume
  return {
    Type: type,
    Source: source,
    Target: target,
    ReadOnly: readOnly,
    Consistency: volume.consistency,
    BindOptions: bind && {
      // Both sets of words are the kernel's.
      Propagation: bind.propagation as NonNullable<Mount['BindOptions']>['Propagation'],
      CreateMountpoint: bind.createHostPath || undefined,
      NonRecursive: bind.recursive === 'disabled' || undefined,
      ReadOnlyForceRecursive: bind.recursive === 'readonly' || undefined,
      ReadOnlyNonRecursive: bind.recursive === 'writable' || undefined,
    },
    VolumeOptions:
      type === 'volume'
        ? {
            NoCopy: volume.volume?.nocopy,
            Subpath: volume.volume?.subpath,
            Labels: volume.volume && Object.keys(volume.volume.labels).length > 0 ? volume.volume.labels : undefined,
          }
        : undefined,
    TmpfsOptions: tmpfs && { SizeBytes: tmpfs.size, Mode: tmpfs.mode },
    ImageOptions: image?.subpath ? { Subpath: image.subpath } : undefined,
  }
}

/** Secrets and configs that are files are mounted read-only where they lie. */
function fileMounts(project: Project, service: Service): Mount[] {
  const secrets = service.secrets.flatMap(reference => {
    const file = project.secrets[reference.source]?.file
    return file
      ? [{ Type: 'bind', Source: file, Target: secretTarget(reference), ReadOnly: true, BindOptions: {} } as const]
      : []
  })
  const configs = service.configs.flatMap(reference => {
    const file = project.configs[reference.source]?.file
    return file ? [{ Type: 'bind', Source: file, Target: configTarget(reference), ReadOnly: true } as const] : []
  })
  return [...secrets, ...configs]
}

function secretTarget({ source, target }: FileReference): string {
  return target?.startsWith('/') ? target : `/run/secrets/${target ?? source}`
}

function configTarget({ source, target }: FileReference): string {
  return target?.startsWith('/') ? target : `/${target ?? source}`
}

/** Secrets and configs whose content comes from the environment or the Compose file. */
export function injectedFiles(project: Project, service: Service): InjectedFile[] {
  const secrets = service.secrets.map(reference => ({
    reference,
    from: project.secrets[reference.source],
    path: secretTarget(reference),
    kind: 'secret',
  }))
  const configs = service.configs.map(reference => ({
    reference,
    from: project.configs[reference.source],
    path: configTarget(reference),
    kind: 'config',
  }))
  return [...secrets, ...configs].flatMap(({ reference, from, path, kind }) => {
    if (from?.external) {
      throw new ComposeError('not_implemented', `unsupported external ${kind} ${reference.source}`, {
        hint: `give ${kind}s.${reference.source} a file, an environment variable or content`,
      })
    }
    if (!from || from.file) return []
    if (from.content === undefined) {
      throw new ComposeError(
        'invalid_argument',
        `environment variable "${from.environment}" required by ${kind} "${from.name}" is not set`,
      )
    }
    if (service.readOnly) {
      throw new ComposeError(
        'invalid_argument',
        `cannot create ${kind} "${from.name}" in read-only service ${service.name}: \`file\` is the sole supported option`,
      )
    }
    const { mode = 0o444, uid = '0', gid = '0' } = reference
    return [{ path, content: from.content, mode, uid: numeric(uid, reference), gid: numeric(gid, reference) }]
  })
}

function numeric(id: string, { source }: FileReference): number {
  if (/^\d+$/.test(id)) return Number(id)
  throw new ComposeError('invalid_argument', `${source}: uid and gid must be numbers, not ${id}`)
}
