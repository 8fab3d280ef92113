// Stage: attributes that Compose accepts and drops. They are dropped here as well, but not without a word.
import { isTree, type Value } from '../../shared/yaml/tree.ts'
import { applyRules, type Path, type Rule, tableOf } from '../values/walk.ts'

type Warn = (sentence: string, path: string) => void

const rules = tableOf<Rule<Warn>>(() => ({
  'services.*.pull_refresh_after': (value, path, warn) => {
    const where = path.join('.')
    warn(`${where} has no effect; write pull_policy: every_<duration>`, where)
    return value
  },
  'services.*.gpus.*': onlyKnown('capabilities', 'count', 'device_ids', 'driver', 'options'),
  'services.*.deploy.resources.reservations.devices.*': onlyKnown(
    'capabilities',
    'count',
    'device_ids',
    'driver',
    'options',
  ),
  'include.*': onlyKnown('path', 'env_file', 'project_directory'),
}))

/** Warns; changes nothing. */
export function warnOfDropped(tree: Value, warn: Warn): void {
  applyRules(tree, rules(), warn)
}

function onlyKnown(...known: string[]): Rule<Warn> {
  return (value: Value, path: Path, warn: Warn) => {
    if (!isTree(value)) return value
    for (const key of Object.keys(value)) {
      const where = `${path.join('.')}.${key}`
      if (!known.includes(key)) warn(`${where} has no effect: there is no such attribute`, where)
    }
    return value
  }
}
