// Stage: attributes that Compose accepts and drops. They are dropped here as well, but not without a word.
import { isTree, type Value } from '../tree.ts'
import { applyRules, type Path, type Rule, tableOf } from '../walk.ts'

type Warn = (sentence: string) => void

const rules = tableOf<Rule<Warn>>(() => ({
  'services.*.pull_refresh_after': (value, path, warn) => {
    warn(`${path.join('.')} has no effect; write pull_policy: every_<duration>`)
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
    if (isTree(value))
      for (const key of Object.keys(value))
        if (!known.includes(key)) warn(`${path.join('.')}.${key} has no effect: there is no such attribute`)
    return value
  }
}
