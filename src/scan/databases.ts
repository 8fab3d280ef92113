// The package databases of images: at which paths they lie, and what is read from each.
import { messageOf } from '../shared/errors.ts'
import type { Distribution, Package } from './package.ts'
import { readRpm } from './rpm.ts'

interface Database {
  path: RegExp
  read(text: string, location: string): Package[]
}

const databases: readonly Database[] = [
  { path: /^var\/lib\/dpkg\/status$/, read: readDpkg },
  // Images without dpkg itself have a file for each package.
  { path: /^var\/lib\/dpkg\/status\.d\/(?!.*\.md5sums$)[^/]+$/, read: readDpkg },
  { path: /^(?:usr\/)?lib\/apk\/db\/installed$/, read: readApk },
  { path: /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+\/package\.json$/, read: readNpm },
]

const release = /^(?:etc|usr\/lib)\/os-release$/

const rpm = /^(?:var\/lib\/rpm|usr\/lib\/sysimage\/rpm)\/rpmdb\.sqlite(?:-wal)?$/

/** Of rpm before 4.16, and of SUSE's. */
const unread = /^(?:var\/lib\/rpm|usr\/lib\/sysimage\/rpm)\/Packages(?:\.db)?$/

/** Whether a file is worth keeping; of an old rpm database only that it is there. */
export const isWanted = (path: string): boolean =>
  release.test(path) || rpm.test(path) || databases.some(one => one.path.test(path))
export const isUnread = (path: string): boolean => unread.test(path)

export interface Inventory {
  distribution: Distribution | undefined
  /** By kind, name and version. */
  packages: Package[]
  /** What was found and could not be read, as sentences. */
  warnings: string[]
}

/** Files by path, without a leading slash; null: it is there and was not kept. */
export function inventoryOf(files: ReadonlyMap<string, Buffer | null>): Inventory {
  const packages: Package[] = []
  const warnings: string[] = []
  for (const [path, content] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (content === null) {
      warnings.push(
        isUnread(path)
          ? `${path}: a database of an older rpm, which is not read: its packages are missing here`
          : `${path}: not read: it is too large, or a link out of its layer`,
      )
      continue
    }
    try {
      packages.push(...packagesOf(path, content, files))
    } catch (error) {
      warnings.push(`${path}: not read: ${messageOf(error)}`)
    }
  }
  const key = ({ kind, name, version, location }: Package) => [kind, name, version, location].join('\0')
  packages.sort((a, b) => (key(a) < key(b) ? -1 : 1))
  const text = files.get('etc/os-release') ?? files.get('usr/lib/os-release')
  return { distribution: text ? readRelease(text.toString()) : undefined, packages, warnings }
}

function packagesOf(path: string, content: Buffer, files: ReadonlyMap<string, Buffer | null>): Package[] {
  if (rpm.test(path)) return path.endsWith('-wal') ? [] : readRpm(content, path, files.get(`${path}-wal`) ?? undefined)
  return databases.find(one => one.path.test(path))?.read(content.toString(), path) ?? []
}

/** os-release(5). */
function readRelease(text: string): Distribution | undefined {
  const value = (name: string) => new RegExp(`^${name}=(["']?)(.*)\\1\\s*$`, 'm').exec(text)?.[2]
  const id = value('ID')
  return id ? { id, version: value('VERSION_ID') } : undefined
}

/** deb-control(5): paragraphs of `Field: value`. Only what is installed counts, not what was removed with its settings left. */
export function readDpkg(text: string, location: string): Package[] {
  return text.split(/\n\s*\n/).flatMap(paragraph => {
    const field = (name: string) => new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(paragraph)?.[1]?.trim()
    const [name, version, status] = [field('Package'), field('Version'), field('Status')]
    if (!name || !version || (status !== undefined && !/ (?:installed|triggers-\w+)$/.test(status))) return []
    const source = field('Source')?.replace(/ \(.*/, '')
    return [{ kind: 'deb', name, version, architecture: field('Architecture'), source, location }]
  })
}

/** apk-installed: paragraphs of `P:name`, by letters. */
export function readApk(text: string, location: string): Package[] {
  return text.split(/\n\s*\n/).flatMap(paragraph => {
    const field = (letter: string) => new RegExp(`^${letter}:(.*)$`, 'm').exec(paragraph)?.[1]?.trim()
    const [name, version] = [field('P'), field('V')]
    if (!name || !version) return []
    const source = field('o')
    return [{ kind: 'apk', name, version, architecture: field('A'), license: field('L'), source, location }]
  })
}

/** One without name or version is no package: a folder's settings. */
export function readNpm(text: string, location: string): Package[] {
  // Anybody's file: each value is looked at.
  const content: unknown = JSON.parse(text.replace(/^\uFEFF/, ''))
  if (typeof content !== 'object' || content === null) return []
  const { name, version, license } = content as Record<string, unknown>
  if (typeof name !== 'string' || typeof version !== 'string' || name === '' || version === '') return []
  return [{ kind: 'npm', name, version, license: licenseText(license), location }]
}

/** Old packages have an object. */
function licenseText(license: unknown): string | undefined {
  if (typeof license === 'string') return license || undefined
  if (typeof license !== 'object' || license === null || !('type' in license)) return undefined
  return typeof license.type === 'string' ? license.type : undefined
}
