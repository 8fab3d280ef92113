// Stage: variables in every text of a file, and the types of what they give: `tty: ${TTY}` is a boolean.
import { ComposeError, messageOf } from '../../shared/errors.ts'
import { isTree, type Value } from '../../shared/yaml/tree.ts'
import { InvalidTemplate, type Lookup, substitute } from '../files/template.ts'
import { castBoolean, castFloat, castInteger } from '../values/scalar.ts'
import { type Branch, below, tableOf, withIndices } from '../values/walk.ts'

type Cast = (text: string, warn: (sentence: string) => void) => Value

const int: Cast = text => castInteger(text, 'strconv.Atoi')
const int64: Cast = text => castInteger(text, 'strconv.ParseInt')
const float: Cast = text => castFloat(text)
const boolean: Cast = castBoolean

const casts = tableOf<Cast>(() => ({
  'services.*.cpu_count': int64,
  'services.*.cpu_percent': float,
  'services.*.cpu_period': int64,
  'services.*.cpu_quota': int64,
  'services.*.cpu_rt_period': int64,
  'services.*.cpu_rt_runtime': int64,
  'services.*.cpus': float,
  'services.*.cpu_shares': int64,
  'services.*.init': boolean,
  'services.*.depends_on.*.required': boolean,
  'services.*.depends_on.*.restart': boolean,
  'services.*.deploy.replicas': int,
  'services.*.deploy.update_config.parallelism': int,
  'services.*.deploy.update_config.max_failure_ratio': float,
  'services.*.deploy.rollback_config.parallelism': int,
  'services.*.deploy.rollback_config.max_failure_ratio': float,
  'services.*.deploy.restart_policy.max_attempts': int,
  'services.*.deploy.placement.max_replicas_per_node': int,
  'services.*.healthcheck.retries': int,
  'services.*.healthcheck.disable': boolean,
  'services.*.oom_kill_disable': boolean,
  'services.*.oom_score_adj': int64,
  'services.*.pids_limit': int64,
  'services.*.ports.[].target': int,
  'services.*.privileged': boolean,
  'services.*.read_only': boolean,
  'services.*.scale': int,
  'services.*.stdin_open': boolean,
  'services.*.tty': boolean,
  'services.*.ulimits.*': int,
  'services.*.ulimits.*.hard': int,
  'services.*.ulimits.*.soft': int,
  'services.*.volumes.[].read_only': boolean,
  'services.*.volumes.[].volume.nocopy': boolean,
  'networks.*.external': boolean,
  'networks.*.internal': boolean,
  'networks.*.attachable': boolean,
  'networks.*.enable_ipv4': boolean,
  'networks.*.enable_ipv6': boolean,
  'volumes.*.external': boolean,
  'secrets.*.external': boolean,
  'configs.*.external': boolean,
}))

/** Changes the tree in place. All errors are told at once, in the order of their paths. */
export function interpolate(tree: Value, lookup: Lookup, warn: (sentence: string, path: string) => void): Value {
  const indices: number[] = []
  const failures: { path: string[]; place: string; error: ComposeError }[] = []
  const result = visit(tree, casts().root, [])
  if (failures.length === 0) return result
  failures.sort((a, b) => comparePaths(a.path, b.path))
  const [first] = failures
  throw new ComposeError('invalid_argument', failures.map(({ error }) => error.message).join('\n'), {
    path: first?.place,
    hint: first?.error.hint,
  })

  function visit(value: Value, branch: Branch<Cast> | undefined, path: string[]): Value {
    if (typeof value === 'string') return text(value, branch?.rule, path)
    if (Array.isArray(value)) {
      path.push('[]')
      for (const [index, item] of value.entries()) {
        indices.push(index)
        value[index] = visit(item, below(branch, '[]'), path)
        indices.pop()
      }
      path.pop()
    } else if (isTree(value)) {
      for (const key in value) {
        path.push(key)
        value[key] = visit(value[key] ?? null, below(branch, key), path)
        path.pop()
      }
    }
    return value
  }

  function text(value: string, cast: Cast | undefined, path: string[]): Value {
    const where = path.join('.')
    const warnHere = (sentence: string) => warn(sentence, withIndices(where, indices))
    let substituted: string
    try {
      substituted = substitute(value, lookup, warnHere)
    } catch (error) {
      failures.push({ path: [...path], place: withIndices(where, indices), error: templateError(error, where) })
      return value
    }
    if (cast === undefined) return substituted
    try {
      return cast(substituted, warnHere)
    } catch (error) {
      const message = `error while interpolating ${where}: failed to cast to expected type: ${messageOf(error)}`
      failures.push({
        path: [...path],
        place: withIndices(where, indices),
        error: new ComposeError('invalid_argument', message),
      })
      return value
    }
  }
}

function templateError(error: unknown, where: string): ComposeError {
  if (!(error instanceof ComposeError)) throw error
  const { hint } = error
  const message =
    error instanceof InvalidTemplate
      ? `invalid interpolation format for ${where}.\nYou may need to escape any $ with another $.\n${error.template}`
      : `error while interpolating ${where}: ${error.message}`
  return new ComposeError('invalid_argument', message, { path: where, hint })
}

function comparePaths(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [x, y] = [a[i] ?? '', b[i] ?? '']
    if (x !== y) return x < y ? -1 : 1
  }
  return a.length - b.length
}
