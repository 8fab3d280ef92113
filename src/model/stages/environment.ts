// Stage: variables named without a value, and secrets and configs from variables, get the caller's values.
import { isTree, type Tree, type Value } from '../../shared/yaml/tree.ts'

/** Where the value of a secret's variable is kept until it becomes its content: it is never printed. */
export const secretValueKey = 'x-#value'

/** Changes the model in place. Variables in a map are resolved where the model is normalized. */
export function applyEnvironment(model: Tree, environment: Readonly<Record<string, string>>): void {
  const callersValue = (name: Value | undefined) =>
    typeof name === 'string' && Object.hasOwn(environment, name) ? environment[name] : undefined
  for (const service of entries(model.services)) {
    if (!Array.isArray(service.environment)) continue
    service.environment = service.environment.map(entry => {
      const value = callersValue(entry)
      return value === undefined ? entry : `${String(entry)}=${value}`
    })
  }
  for (const secret of entries(model.secrets)) {
    const value = callersValue(secret.environment)
    if (value !== undefined) secret[secretValueKey] = value
  }
  for (const config of entries(model.configs)) {
    const value = callersValue(config.environment)
    if (value !== undefined) config.content = value
  }
}

function entries(section: Value | undefined): Tree[] {
  return isTree(section) ? Object.values(section).filter(isTree) : []
}
