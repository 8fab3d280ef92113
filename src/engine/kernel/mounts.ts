// Mounts of the engine: overlay root file systems and the run root, which is a mount of its own so that taking
// down what is mounted below it reaches every copy of the mount namespace.
import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ComposeError, isErrno } from '../../shared/errors.ts'
import { close, MNT_DETACH, MS, mount, mountByOptions, openInRoot, umount } from './libc.ts'

export interface OverlayOptions {
  target: string
  /** Top layer first. */
  lower: readonly string[]
  upper: string
  work: string
}

/** mount(2) takes one page of options, which is about 50 layers. */
const longestOptions = 4000

export function mountOverlay({ target, lower, upper, work }: OverlayOptions): void {
  mountLayers(target, lower, [
    ['upperdir', upper],
    ['workdir', work],
  ])
}

export interface OverlayFolders {
  upper: string
  work: string
  /** Where it is to be mounted. */
  merged: string
}

/** Makes what an overlay needs beside its lower folders. The upper one's mode is that of the root it shows. */
export function overlayFolders(folder: string): OverlayFolders {
  const folders = { upper: join(folder, 'upper'), work: join(folder, 'work'), merged: join(folder, 'merged') }
  for (const path of Object.values(folders)) mkdirSync(path, { recursive: true, mode: 0o755 })
  return folders
}

/** Mounts an overlay in `folder` and takes it away again: what can't be had there is known before anything is made. */
export function requireOverlay(folder: string): void {
  const probe = mkdtempSync(join(folder, 'overlay-'))
  try {
    const lower = join(probe, 'lower')
    mkdirSync(lower)
    const { upper, work, merged } = overlayFolders(probe)
    mountOverlay({ target: merged, lower: [lower], upper, work })
    unmount(merged)
  } catch (cause) {
    if (!isErrno(cause, 'EINVAL', 'ENODEV', 'EOPNOTSUPP', 'EPERM')) throw cause
    const { point, type } = mountOf(folder)
    throw new ComposeError(
      'failed_precondition',
      `containers can't live in ${dirname(folder)}: overlayfs can't work on ${type} (mounted at ${point})`,
      {
        hint:
          type === 'overlay'
            ? `inside a container, give the engine a volume for ${dirname(folder)}, or another folder by TSC_COMPOSE_ROOT`
            : 'choose a folder on ext4, xfs, btrfs or tmpfs by TSC_COMPOSE_ROOT',
        cause,
      },
    )
  } finally {
    rmSync(probe, { recursive: true, force: true })
  }
}

/** Layers without anything on top that could be written. */
export function mountReadOnly(target: string, lower: readonly string[]): void {
  const [only = '', ...more] = lower
  if (more.length > 0) {
    mountLayers(target, lower, [])
    return
  }
  // An overlay has at least two layers.
  mount(only, target, '', MS.BIND)
  mount('', target, '', MS.REMOUNT | MS.BIND | MS.RDONLY)
}

function mountLayers(target: string, lower: readonly string[], top: readonly (readonly [string, string])[]): void {
  // What the kernel was built with must not decide how an upper folder looks on disk.
  const fixed = ['index', 'metacopy', 'redirect_dir'].map(name => [name, 'off'] as const)
  const all = [
    ['lowerdir', lower.map(escapeOption).join(':')],
    ...top.map(([name, folder]) => [name, escapeOption(folder)]),
    ...fixed,
  ]
  const options = all.map(option => option.join('=')).join(',')
  if (options.length < longestOptions) mount('overlay', target, 'overlay', 0, options)
  else mountByOptions('overlay', target, [...lower.map(folder => ['lowerdir+', folder] as const), ...top, ...fixed])
}

/** Unmounts, at once for new users; busy ones keep what they have open. Nothing mounted is no error. */
export function unmount(target: string): void {
  try {
    umount(target, MNT_DETACH)
  } catch {
    // EINVAL: not a mount point; ENOENT: not there at all.
  }
}

/** Makes a folder a mount point of its own whose later mounts reach all copies of the mount namespace. */
export function makeShared(folder: string): void {
  if (!mountPoints().includes(folder)) mount(folder, folder, '', MS.BIND)
  mount('', folder, '', MS.SHARED)
}

/** The mount points that the calling process sees, oldest first. */
export const mountPoints = (): string[] => mountLines().map(({ point }) => point)

/** proc_pid_mountinfo(5). */
function mountLines(): { point: string; options: string; type: string }[] {
  return readFileSync('/proc/thread-self/mountinfo', 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => {
      const [, , , , point = '', options = ''] = line.split(' ')
      // What follows the optional fields.
      const [type = ''] = (line.split(' - ')[1] ?? '').split(' ')
      return { point: unescapeOctal(point), options, type }
    })
}

/** What the mount that holds `path` forbids: nosuid, nodev, noexec, ro. */
export const restrictions = (path: string): string[] =>
  mountOf(path)
    .options.split(',')
    .filter(option => ['nosuid', 'nodev', 'noexec', 'ro'].includes(option))

/** The mount that holds a path. */
function mountOf(path: string): { point: string; options: string; type: string } {
  const real = realpathSync(path)
  const holds = (point: string) => point === '/' || real === point || real.startsWith(`${point}/`)
  const mounts = mountLines().filter(({ point }) => holds(point))
  // The innermost, and of several on one point the last, which covers the others.
  return mounts.reduce((best, next) => (next.point.length >= best.point.length ? next : best), {
    point: '',
    options: '',
    type: '',
  })
}

/** Where the part that is asked for is below a folder; no link in there may lead out of it. */
export function placeWithin(folder: string, part: Part): string {
  if (!part.subpath) return folder
  const fd = openPlace(folder, part.subpath, part)
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } finally {
    close(fd)
  }
}

/** Of a volume or an image, as a mount has it. */
interface Part {
  type: string
  name?: string | undefined
  subpath?: string | undefined
}

function openPlace(folder: string, subpath: string, { type, name = '' }: Part): number {
  try {
    return openInRoot(folder, subpath)
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error
    const hint =
      'a subpath must be there before the container starts: another container can make it, or take the whole volume'
    const text = `${type} ${JSON.stringify(name)} has no ${JSON.stringify(subpath)} that could be mounted`
    throw new ComposeError('invalid_argument', text, { cause: error, ...(type === 'volume' ? { hint } : {}) })
  }
}

const escapeOption = (path: string) => path.replaceAll('\\', '\\\\').replaceAll(',', '\\,').replaceAll(':', '\\:')
const unescapeOctal = (text: string) =>
  text.replace(/\\(\d{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
