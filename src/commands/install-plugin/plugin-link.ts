// The link that makes us docker's plugin. Another's plugin is replaced only by force, and kept aside under a name that
// docker does not look at.
import { lstatSync, mkdirSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { ComposeError, isErrno, messageOf } from '../../shared/errors.ts'

interface Place {
  /** One of docker's for plugins. */
  folder: string
  dryRun: boolean
}

const pluginName = 'docker-compose'
const asideName = 'replaced-docker-compose'

/** Returns what is to be said. */
export function linkPlugin({ folder, entry, force, dryRun }: Place & { entry: string; force: boolean }): string {
  const path = join(folder, pluginName)
  const aside = join(folder, asideName)
  const there = lstatSync(path, { throwIfNoEntry: false }) !== undefined
  const foreign = there && !isOurs(path)
  if (foreign && !force)
    throw new ComposeError('already_exists', `${path} is another program's`, {
      hint: '--force replaces it; --uninstall puts it back then',
    })
  if (dryRun) return `Would link ${path} to ${entry}\n`
  asRoot(path, () => {
    mkdirSync(folder, { recursive: true })
    if (foreign) renameSync(path, aside)
    else rmSync(path, { force: true })
    symlinkSync(entry, path)
  })
  return `Linked ${path} to ${entry}${foreign ? `; what was there is ${aside}` : ''}\n`
}

/** Returns what is to be said. */
export function unlinkPlugin({ folder, dryRun }: Place): string {
  const path = join(folder, pluginName)
  const aside = join(folder, asideName)
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return `There is no ${path}.\n`
  if (!isOurs(path)) throw new ComposeError('failed_precondition', `${path} is another program's: it stays`)
  if (dryRun) return `Would remove ${path}\n`
  const replaced = lstatSync(aside, { throwIfNoEntry: false }) !== undefined
  asRoot(path, () => {
    rmSync(path)
    if (replaced) renameSync(aside, path)
  })
  return `Removed ${path}${replaced ? '; what was there before is back' : ''}\n`
}

/** A link to the entry of this package, wherever that is or was. */
function isOurs(path: string): boolean {
  if (!lstatSync(path).isSymbolicLink()) return false
  const target = resolve(dirname(path), readlinkSync(path))
  if (!target.endsWith('/bin/run.js')) return false
  try {
    const { name } = JSON.parse(readFileSync(join(dirname(dirname(target)), 'package.json'), 'utf8'))
    return name === 'tsc-compose'
  } catch (error) {
    // The package was moved away: nobody's program is lost by taking the link.
    return isErrno(error, 'ENOENT', 'ENOTDIR')
  }
}

function asRoot(path: string, act: () => void): void {
  try {
    act()
  } catch (cause) {
    const denied = isErrno(cause, 'EACCES', 'EPERM')
    throw new ComposeError(denied ? 'permission_denied' : 'failed_precondition', `${path}: ${messageOf(cause)}`, {
      hint: denied ? 'sudo tsc-compose install-plugin' : undefined,
      cause,
    })
  }
}
