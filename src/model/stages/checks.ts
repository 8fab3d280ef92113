// Stage: what the schema cannot say about one attribute. References between parts are checked at the end.
import { ComposeError } from '../../shared/errors.ts'
import { isTree, type Value } from '../../shared/yaml/tree.ts'
import { isIpAddress } from '../attributes/port.ts'
import { applyRules, type Path, type Rule, tableOf } from '../values/walk.ts'

const rules = tableOf<Rule<void>>(() => ({
  'volumes.*': externalAlone,
  'configs.*': oneSource('file', 'environment', 'content'),
  'secrets.*': oneSource('file', 'environment'),
  'services.*.ports.*': hostAddress,
  'services.*.develop.watch.*.path': notBlank,
  'services.*.deploy.resources.reservations.devices.*': countOrIds,
  'services.*.gpus.*': countOrIds,
}))

export function checkAttributes(tree: Value): Value {
  return applyRules(tree, rules(), undefined)
}

function externalAlone(value: Value, path: Path): Value {
  if (!isTree(value) || value.external !== true) return value
  const other = Object.keys(value).find(key => key !== 'name' && key !== 'external' && !key.startsWith('x-'))
  if (other !== undefined)
    throw invalid(path, `conflicting parameters "external" and ${JSON.stringify(other)} specified`)
  return value
}

function oneSource(...keys: string[]): Rule<void> {
  return (value, path) => {
    if (!isTree(value)) return value
    const given = keys.filter(key => key in value)
    if (given.length > 1) throw invalid(path, `${keys.join('|')} attributes are mutually exclusive`)
    if (given.length === 0 && !('driver' in value) && !('external' in value))
      throw invalid(path, `one of ${keys.join('|')} must be set`)
    return value
  }
}

function hostAddress(value: Value, path: Path): Value {
  if (isTree(value) && typeof value.host_ip === 'string' && !isIpAddress(value.host_ip))
    throw invalid(path, `invalid ip address: ${value.host_ip}`)
  return value
}

function notBlank(value: Value, path: Path): Value {
  if (value === '') throw invalid(path, "value can't be blank")
  return value
}

function countOrIds(value: Value, path: Path): Value {
  if (isTree(value) && 'count' in value && 'device_ids' in value)
    throw invalid(path, '"count" and "device_ids" attributes are exclusive')
  return value
}

function invalid(path: Path, problem: string): ComposeError {
  const where = path.join('.')
  return new ComposeError('invalid_argument', `${where}: ${problem}`, { path: where })
}
