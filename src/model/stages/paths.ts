// Stage: relative paths become absolute ones. `~` is the caller's home; URLs and references stay.
import { posix } from 'node:path'
import { ComposeError } from '../../shared/errors.ts'
import { isTree, type Value } from '../../shared/yaml/tree.ts'
import { applyRules, type Path, type Rule, tableOf } from '../values/walk.ts'

export interface PathContext {
  workingDir: string
  /** Undefined: `~` stays. */
  home: string | undefined
  /** The path with its first symbolic link resolved. */
  followLink(path: string): string
  /** True for what is fetched rather than read: git and oci references. */
  isRemote(path: string): boolean
}

const rules = tableOf<Rule<PathContext>>(() => ({
  'services.*.build.context': buildContext,
  'services.*.build.additional_contexts.*': buildContext,
  'services.*.build.ssh.*': hostPath,
  'services.*.env_file.*.path': file,
  'services.*.label_file.*': file,
  'services.*.extends.file': (value, path, context) =>
    typeof value === 'string' && context.isRemote(value) ? value : file(value, path, context),
  'services.*.develop.watch.*.path': (value, path, context) => {
    const absolute = file(value, path, context)
    return typeof absolute === 'string' ? context.followLink(absolute) : absolute
  },
  'services.*.volumes.*': mount,
  'configs.*.file': hostPath,
  'secrets.*.file': hostPath,
  'volumes.*': driverDevice,
}))

/** Changes the tree in place. */
export function resolvePaths(tree: Value, context: PathContext): Value {
  return applyRules(tree, rules(), context)
}

export function expandHome(path: string, home: string | undefined): string {
  return path.startsWith('~') && home !== undefined ? posix.join(home, path.slice(1)) : path
}

function file(value: Value, _: Path, context: PathContext): Value {
  if (typeof value !== 'string') return value
  const path = expandHome(value, context.home)
  return path === '' || posix.isAbsolute(path) ? path : join(context.workingDir, path)
}

/** A path on the engine's host, which may be a Windows one. */
function hostPath(value: Value, _: Path, context: PathContext): Value {
  if (typeof value !== 'string') return value
  const path = expandHome(value, context.home)
  return posix.isAbsolute(path) || isWindowsAbsolute(path) ? path : join(context.workingDir, path)
}

function buildContext(value: Value, path: Path, context: PathContext): Value {
  if (typeof value !== 'string') return value
  const remote = value.includes('://') || /^(?:service:|github\.com\/|git@)/.test(value)
  return remote ? value : file(value, path, context)
}

function mount(value: Value, path: Path, context: PathContext): Value {
  if (!isTree(value) || value.type !== 'bind') return value
  if (value.source === undefined)
    throw new ComposeError('invalid_argument', 'invalid mount config for type "bind": field Source must not be empty', {
      path: path.join('.'),
    })
  value.source = hostPath(value.source, path, context)
  return value
}

/** A volume of the local driver that is really a bind mount. */
function driverDevice(value: Value, path: Path, context: PathContext): Value {
  if (!isTree(value) || value.driver !== 'local' || !isTree(value.driver_opts)) return value
  const options = value.driver_opts
  if (options.o === 'bind' && options.device !== undefined) options.device = hostPath(options.device, path, context)
  return value
}

/** Cleaned, without a slash at the end. */
function join(folder: string, path: string): string {
  const joined = posix.join(folder, path)
  return joined.length > 1 && joined.endsWith('/') ? joined.slice(0, -1) : joined
}

function isWindowsAbsolute(path: string): boolean {
  return /^(?:[\s\S]:[\\/]|[\\/]{2}[^\\/])/.test(path)
}
