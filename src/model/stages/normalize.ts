// Stage: what a model means without saying it: the default network, dependencies that links and shared
// namespaces imply, values of the caller for variables without one, names of resources.
import { posix } from 'node:path'
import { isTree, newTree, type Tree, treeOf, type Value } from '../../shared/yaml/tree.ts'

/** Changes the model in place; its `name` must be the project's. */
export function normalize(model: Tree, environment: Readonly<Record<string, string>>): Tree {
  addDefaultNetwork(model)
  for (const service of servicesOf(model)) {
    if (service.pull_policy === 'if_not_present') service.pull_policy = 'missing'
    if (isTree(service.build)) normalizeBuild(service.build, environment)
    if (service.environment !== undefined)
      service.environment = withValues(service.environment, environment, 'keep') ?? null
    addDependencies(service)
    for (const volume of Array.isArray(service.volumes) ? service.volumes : [])
      if (isTree(volume) && typeof volume.target === 'string') volume.target = clean(volume.target)
    inheritImage(service)
  }
  nameResources(model)
  return model
}

export function servicesOf(model: Tree): Tree[] {
  return isTree(model.services) ? Object.values(model.services).filter(isTree) : []
}

/** Only when a service is on it: one without `networks`, or one that names it. */
function addDefaultNetwork(model: Tree): void {
  let used = false
  for (const service of servicesOf(model)) {
    if ('provider' in service || 'network_mode' in service) continue
    const { networks } = service
    if (!isTree(networks) || Object.keys(networks).length === 0) {
      service.networks = treeOf([['default', null]])
      used = true
    } else if ('default' in networks) used = true
  }
  if (!used) return
  if (!isTree(model.networks)) model.networks = newTree()
  model.networks.default ??= null
}

function normalizeBuild(build: Tree, environment: Readonly<Record<string, string>>): void {
  build.context ??= '.'
  if ((build.dockerfile ?? null) === null && (build.dockerfile_inline ?? null) === null) build.dockerfile = 'Dockerfile'
  if (build.args !== undefined) build.args = withValues(build.args, environment, 'drop') ?? null
}

/** Variables without a value get the caller's; those that the caller does not have are kept or dropped. */
function withValues(value: Value, environment: Readonly<Record<string, string>>, unset: 'keep' | 'drop'): Value {
  const has = (name: string) => Object.hasOwn(environment, name)
  if (Array.isArray(value))
    return value.flatMap((entry): Value[] => {
      if (typeof entry !== 'string' || entry.includes('=')) return [entry]
      if (has(entry)) return [`${entry}=${environment[entry]}`]
      return unset === 'keep' ? [entry] : []
    })
  if (!isTree(value)) return value
  const resolved = newTree()
  for (const [name, text] of Object.entries(value)) {
    if (text !== null) resolved[name] = text
    else if (has(name)) resolved[name] = environment[name] ?? null
    else if (unset === 'keep') resolved[name] = null
  }
  return resolved
}

function addDependencies(service: Tree): void {
  const dependencies = isTree(service.depends_on) ? service.depends_on : newTree()
  const add = (name: string, restart: boolean) => {
    dependencies[name] ??= treeOf([
      ['condition', 'service_started'],
      ['restart', restart],
      ['required', true],
    ])
  }
  for (const link of texts(service.links)) {
    const parts = link.split(':')
    add(parts.length === 2 ? (parts[0] ?? '') : link, true)
  }
  for (const namespace of ['network_mode', 'ipc', 'pid', 'uts', 'cgroup']) {
    const mode = service[namespace]
    if (typeof mode === 'string' && mode.startsWith('service:')) add(mode.slice('service:'.length), true)
  }
  for (const source of texts(service.volumes_from))
    if (!source.startsWith('container:')) add(source.split(':')[0] ?? '', false)
  if (Object.keys(dependencies).length > 0) service.depends_on = dependencies
}

function texts(value: Value | undefined): string[] {
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : []
}

function clean(path: string): string {
  const normal = posix.normalize(path)
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal
}

function inheritImage(service: Tree): void {
  if (typeof service.image !== 'string' || service.image === '') return
  for (const hook of Array.isArray(service.pre_start) ? service.pre_start : [])
    if (isTree(hook)) hook.image ??= service.image
}

function nameResources(model: Tree): void {
  for (const section of ['networks', 'volumes', 'configs', 'secrets']) {
    const resources = model[section]
    if (!isTree(resources)) continue
    for (const [key, value] of Object.entries(resources)) {
      const resource = isTree(value) ? value : newTree()
      resource.name ??= resource.external === true ? key : `${String(model.name)}_${key}`
      resources[key] = resource
    }
  }
}
