// Stage: values that Compose gives to attributes that were not written.
import { ComposeError } from '../../shared/errors.ts'
import { isTree, type Value } from '../../shared/yaml/tree.ts'
import { goText } from '../values/scalar.ts'
import { applyRules, type Path, type Rule, tableOf } from '../values/walk.ts'

const rules = tableOf<Rule<void>>(() => ({
  'services.*.build': defaulting({ context: () => '.' }),
  'services.*.secrets.*': defaulting({ target: secret => `/run/secrets/${goText(secret)}` }),
  'services.*.ports.*': defaulting({ protocol: () => 'tcp', mode: () => 'ingress' }),
  'services.*.deploy.resources.reservations.devices.*': allDevices,
  'services.*.gpus.*': allDevices,
  'services.*.volumes.*.bind': defaulting({ create_host_path: () => true }),
}))

/** Changes the tree in place. */
export function setDefaults(tree: Value): Value {
  return applyRules(tree, rules(), undefined)
}

/** Each default gets the `source` of its map. */
function defaulting(defaults: Record<string, (source: Value) => Value>): Rule<void> {
  return (value, path) => {
    if (!isTree(value)) {
      if (path.at(-1) === 'bind') throw new ComposeError('invalid_argument', `${path.join('.')}: invalid type for bind`)
      return value
    }
    for (const [key, make] of Object.entries(defaults)) if (!(key in value)) value[key] = make(value.source ?? null)
    return value
  }
}

function allDevices(value: Value, path: Path): Value {
  if (!isTree(value)) throw new ComposeError('invalid_argument', `${path.join('.')}: invalid type for device request`)
  if (!('count' in value) && !('device_ids' in value)) value.count = 'all'
  return value
}
