// `engine install` and `engine uninstall`: the engine as a service of systemd, so that containers come back after a
// reboot without any command. Nothing that somebody else wrote is replaced or taken away.
import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ComposeError, messageOf } from '../../shared/errors.ts'
import { type EngineUnit, engineUnit, unitMark } from './engine-unit.ts'

const folder = '/etc/systemd/system'
const wants = join(folder, 'multi-user.target.wants')

export interface ServiceOptions {
  /** The engine's bundle. */
  entry: string
  env: NodeJS.ProcessEnv
  dryRun: boolean
}

/** Returns what is to be said. */
export function installService({ entry, env, dryRun }: ServiceOptions): string {
  const unit = engineUnit({ node: process.execPath, entry, env })
  const path = join(folder, unit.name)
  if (dryRun) return `# ${path}\n${unit.text}`
  requireRoot('install')
  refuseForeign(path)
  mkdirSync(wants, { recursive: true })
  writeFileSync(path, unit.text)
  if (!systemdRuns()) {
    const link = join(wants, unit.name)
    if (!isLink(link)) symlinkSync(path, link)
    return `Wrote ${path}. systemd does not run here: it starts the engine from its next boot on.\n`
  }
  systemctl('daemon-reload')
  systemctl('enable', unit.name)
  return `Wrote ${path}. The engine starts with the next boot; now: systemctl start ${unit.name}\n`
}

/** The engine and its containers run on. Returns what is to be said. */
export function uninstallService({ entry, env, dryRun }: ServiceOptions): string {
  const unit: EngineUnit = engineUnit({ node: process.execPath, entry, env })
  const path = join(folder, unit.name)
  if (!existsSync(path)) return `There is no ${path}.\n`
  if (dryRun) return `Would remove ${path}\n`
  requireRoot('uninstall')
  refuseForeign(path)
  if (systemdRuns()) systemctl('disable', unit.name)
  rmSync(join(wants, unit.name), { force: true })
  rmSync(path)
  if (systemdRuns()) systemctl('daemon-reload')
  return `Removed ${path}. What runs is left running.\n`
}

function requireRoot(verb: string): void {
  if (process.getuid?.() === 0) return
  throw new ComposeError('permission_denied', `engine ${verb} needs root: it writes to ${folder}`, {
    hint: `sudo tsc-compose engine ${verb}`,
  })
}

function refuseForeign(path: string): void {
  if (!existsSync(path) || readFileSync(path, 'utf8').startsWith(unitMark)) return
  throw new ComposeError('already_exists', `${path} was not written by tsc-compose`, {
    path,
    hint: 'move it away, or give the engine another data root by TSC_COMPOSE_ROOT',
  })
}

/** sd_booted(3). */
const systemdRuns = () => existsSync('/run/systemd/system')

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}

function systemctl(...args: string[]): void {
  try {
    execFileSync('systemctl', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  } catch (cause) {
    throw new ComposeError('internal', `systemctl ${args.join(' ')} failed: ${messageOf(cause)}`, { cause })
  }
}
