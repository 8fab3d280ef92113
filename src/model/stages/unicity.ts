// Stage: of list entries for the same thing the last one wins, at the place of the first.
import { ComposeError } from '../../shared/errors.ts'
import { isTree, type Value } from '../../shared/yaml/tree.ts'
import { splitVolume } from '../attributes/volume.ts'
import { goText, goType } from '../values/scalar.ts'
import { applyRules, type Path, type Rule, tableOf } from '../values/walk.ts'

/** What an entry is about; `path` is for errors. */
type Key = (entry: Value, path: string) => string

const rules = tableOf<Rule<void>>(() => ({
  'networks.*.labels': unique(beforeEquals),
  'networks.*.ipam.options': unique(beforeEquals),
  'services.*.annotations': unique(beforeEquals),
  'services.*.build.args': unique(beforeEquals),
  'services.*.build.additional_contexts': unique(beforeEquals),
  'services.*.build.tags': unique(beforeEquals),
  'services.*.build.labels': unique(beforeEquals),
  'services.*.cap_add': unique(beforeEquals),
  'services.*.cap_drop': unique(beforeEquals),
  'services.*.configs': unique(mountPoint('')),
  'services.*.deploy.labels': unique(beforeEquals),
  'services.*.devices': unique(deviceTarget),
  'services.*.dns': unique(beforeEquals),
  'services.*.dns_opt': unique(beforeEquals),
  'services.*.dns_search': unique(beforeEquals),
  'services.*.environment': unique(beforeEquals),
  'services.*.env_file': unique(envFilePath),
  'services.*.expose': unique(exposed),
  'services.*.labels': unique(beforeEquals),
  'services.*.links': unique(beforeEquals),
  'services.*.networks.*.aliases': unique(beforeEquals),
  'services.*.networks.*.link_local_ips': unique(beforeEquals),
  'services.*.ports': unique(portKey),
  'services.*.profiles': unique(beforeEquals),
  'services.*.secrets': unique(mountPoint('/run/secrets')),
  'services.*.sysctls': unique(beforeEquals),
  'services.*.tmpfs': unique(beforeEquals),
  'services.*.volumes': unique(volumeTarget),
}))

/** Changes the tree in place. */
export function removeDuplicates(tree: Value): Value {
  return applyRules(tree, rules(), undefined)
}

function unique(keyOf: Key): Rule<void> {
  return (value, path) => {
    if (!Array.isArray(value)) return value
    const entries: Value[] = []
    const places = new Map<string, number>()
    for (const [index, entry] of value.entries()) {
      const key = keyOf(entry, `${text(path)}.[${index}]`)
      const place = places.get(key)
      if (place === undefined) places.set(key, entries.push(entry) - 1)
      else entries[place] = entry
    }
    return entries
  }
}

function text(path: Path): string {
  return path.join('.')
}

function beforeEquals(entry: Value, path: string): string {
  if (typeof entry !== 'string') throw unexpected(entry, path)
  const equals = entry.indexOf('=')
  return equals < 0 ? entry : entry.slice(0, equals)
}

function volumeTarget(entry: Value, path: string): string {
  if (typeof entry === 'string') return String(splitVolume(entry).target)
  if (isTree(entry) && typeof entry.target !== 'string') throw missingTarget(`service volume ${path}`, path)
  return isTree(entry) ? String(entry.target) : ''
}

function deviceTarget(entry: Value, path: string): string {
  if (typeof entry === 'string') return entry.split(':')[1] ?? entry
  if (isTree(entry) && typeof entry.target !== 'string') throw missingTarget(`service device ${path}`, path)
  return isTree(entry) ? String(entry.target) : ''
}

function mountPoint(folder: string): Key {
  return (entry, path) => {
    if (typeof entry === 'string') return `${folder}/${entry}`
    if (!isTree(entry)) throw unexpected(entry, path)
    return typeof entry.target === 'string' ? entry.target : `${folder}/${goText(entry.source ?? null)}`
  }
}

function exposed(entry: Value, path: string): string {
  if (typeof entry === 'string' || typeof entry === 'number') return String(entry)
  throw new ComposeError('invalid_argument', `${path}: unsupported expose value ${goText(entry)}`, { path })
}

function envFilePath(entry: Value, path: string): string {
  if (typeof entry === 'string') return entry
  if (!isTree(entry)) return ''
  if (typeof entry.path === 'string') return entry.path
  throw new ComposeError('invalid_argument', `environment path attribute ${path} is missing`, { path })
}

function portKey(entry: Value, path: string): string {
  if (!isTree(entry)) return typeof entry === 'string' || typeof entry === 'number' ? String(entry) : ''
  const { target, published = null, host_ip: host = '0.0.0.0', protocol = 'tcp' } = entry
  if (target === undefined)
    throw new ComposeError('invalid_argument', `service ports ${path} is missing a target port`, { path })
  return [host, published, target, protocol].map(goText).join(' ')
}

function unexpected(entry: Value, path: string): ComposeError {
  return new ComposeError('invalid_argument', `${path}: unexpected type ${goType(entry)}`, { path })
}

function missingTarget(what: string, path: string): ComposeError {
  return new ComposeError('invalid_argument', `${what} is missing a mount target`, { path })
}
