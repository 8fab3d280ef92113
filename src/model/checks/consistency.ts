// References between the parts of a project, and attributes that exclude or repeat one another.
// One rule is one function; the first complaint is the error.
import { ComposeError } from '../../shared/errors.ts'
import { nearest } from '../../shared/nearest.ts'
import type { Project } from '../project/project.ts'
import { replicasOf, type Service } from '../project/service.ts'

interface Complaint {
  sentence: string
  path?: string
  hint?: string | undefined
}

type Rule = (service: Service, project: Project) => Complaint | undefined

const rules: readonly Rule[] = [
  hasImage,
  dockerfileOnce,
  additionalContexts,
  platformIsBuilt,
  networksOrMode,
  knownNetworks,
  healthTestKind,
  knownDependencies,
  knownVolumes,
  knownBuildSecrets,
  knownConfigs,
  knownModels,
  knownSecrets,
  sameReplicas,
  sameLimits,
  nameOfOne,
  watchTargets,
  targetsOnce,
]

/** Of the enabled services and of the secrets. Throws the first mistake. */
export function checkConsistency(project: Project): void {
  for (const service of Object.values(project.services)) {
    for (const rule of rules) complain(rule(service, project), service)
    // Both say the same from here on.
    if (service.scale !== undefined && service.deploy !== undefined) service.deploy.replicas = service.scale
  }
  for (const [name, secret] of Object.entries(project.secrets))
    if (secret.external !== true && secret.file === undefined && secret.environment === undefined)
      throw failure(
        `secret ${quote(name)} must declare either \`file\` or \`environment\`: ${invalid}`,
        `secrets.${name}`,
      )
  checkCycles(project)
}

/** Two containers can't have one name. */
export function checkContainerNames(project: Project): void {
  const owners = new Map<string, string>()
  for (const [name, { containerName }] of Object.entries(project.services)) {
    if (containerName === undefined) continue
    const owner = owners.get(containerName)
    if (owner !== undefined)
      throw failure(
        `services.${name}: container name ${quote(containerName)} is already in use by service ${owner}"`,
        `services.${name}.container_name`,
      )
    owners.set(containerName, name)
  }
}

const invalid = 'invalid compose project'

function complain(complaint: Complaint | undefined, service: Service): void {
  if (complaint === undefined) return
  throw failure(complaint.sentence, `services.${service.name}${complaint.path ?? ''}`, complaint.hint)
}

function failure(sentence: string, path: string, hint?: string): ComposeError {
  return new ComposeError('invalid_argument', sentence, { path, hint })
}

function quote(text: string): string {
  return JSON.stringify(text)
}

function hasImage({ name, build, image, provider }: Service): Complaint | undefined {
  if (build !== undefined || image !== undefined || provider !== undefined) return undefined
  return { sentence: `service ${quote(name)} has neither an image nor a build context specified: ${invalid}` }
}

function dockerfileOnce({ name, build }: Service): Complaint | undefined {
  if (build?.dockerfileInline === undefined || build.dockerfile === undefined) return undefined
  return {
    sentence: `service ${quote(name)} declares mutualy exclusive dockerfile and dockerfile_inline: ${invalid}`,
    path: '.build',
  }
}

function additionalContexts({ name, build }: Service, { services }: Project): Complaint | undefined {
  for (const [key, context] of Object.entries(build?.additionalContexts ?? {})) {
    if (!context.startsWith('service:')) continue
    const target = context.slice('service:'.length)
    const known = services[target]
    const path = `.build.additional_contexts.${key}`
    if (known === undefined)
      return {
        sentence: `service ${quote(name)} declares unknown service ${quote(target)} as additional contexts ${key}`,
        path,
        hint: didYouMean(target, services),
      }
    if (known.build === undefined)
      return {
        sentence: `service ${quote(name)} declares non-buildable service ${quote(target)} as additional contexts ${key}`,
        path,
      }
  }
  return undefined
}

function platformIsBuilt({ build, platform }: Service): Complaint | undefined {
  if (platform === undefined || build === undefined || build.platforms.length === 0) return undefined
  if (build.platforms.includes(platform)) return undefined
  return {
    sentence: `service.build.platforms MUST include service.platform ${quote(platform)}: ${invalid}`,
    path: '.platform',
  }
}

function networksOrMode({ name, networkMode, networks }: Service): Complaint | undefined {
  if (networkMode === undefined || Object.keys(networks).length === 0) return undefined
  return {
    sentence: `service ${name} declares mutually exclusive \`network_mode\` and \`networks\`: ${invalid}`,
    path: '.network_mode',
  }
}

function healthTestKind({ healthcheck }: Service): Complaint | undefined {
  const first = healthcheck?.test[0]
  if (first === undefined || ['CMD', 'CMD-SHELL', 'NONE'].includes(first)) return undefined
  return { sentence: 'healthcheck.test must start either by "CMD", "CMD-SHELL" or "NONE"', path: '.healthcheck.test' }
}

function knownDependencies({ name, dependsOn }: Service, project: Project): Complaint | undefined {
  for (const [target, { required }] of Object.entries(dependsOn)) {
    if (Object.hasOwn(project.services, target)) continue
    const disabled = Object.hasOwn(project.disabledServices, target)
    if (disabled && !required) continue
    return {
      sentence: `service ${quote(name)} depends on undefined service ${quote(target)}: ${invalid}`,
      path: `.depends_on.${target}`,
      hint: disabled ? `${target} is in a profile that is not active.` : didYouMean(target, project.services),
    }
  }
  return undefined
}

/** `what` is what Compose calls the resource, `path` where the service names it. */
function undefinedResource(
  name: string,
  what: string,
  path: string,
  names: readonly string[],
  known: Readonly<Record<string, unknown>>,
): Complaint | undefined {
  const missing = names.find(key => !Object.hasOwn(known, key))
  if (missing === undefined) return undefined
  return {
    sentence: `service ${quote(name)} refers to undefined ${what} ${missing}: ${invalid}`,
    path: `${path}.${missing}`,
    hint: didYouMean(missing, known),
  }
}

function knownNetworks({ name, networks }: Service, project: Project): Complaint | undefined {
  return undefinedResource(name, 'network', '.networks', Object.keys(networks), project.networks)
}

function knownVolumes({ name, volumes }: Service, project: Project): Complaint | undefined {
  const named = volumes.flatMap(({ type, source }) => (type === 'volume' && source !== undefined ? [source] : []))
  return undefinedResource(name, 'volume', '.volumes', named, project.volumes)
}

function knownBuildSecrets({ name, build }: Service, project: Project): Complaint | undefined {
  const sources = build?.secrets.map(({ source }) => source) ?? []
  return undefinedResource(name, 'build secret', '.build.secrets', sources, project.secrets)
}

function knownConfigs({ name, configs }: Service, project: Project): Complaint | undefined {
  const sources = configs.map(({ source }) => source)
  return undefinedResource(name, 'config', '.configs', sources, project.configs)
}

function knownModels({ name, models }: Service, project: Project): Complaint | undefined {
  return undefinedResource(name, 'model', '.models', Object.keys(models), project.models)
}

function knownSecrets({ name, secrets }: Service, project: Project): Complaint | undefined {
  const sources = secrets.map(({ source }) => source)
  return undefinedResource(name, 'secret', '.secrets', sources, project.secrets)
}

function sameReplicas({ name, scale, deploy }: Service): Complaint | undefined {
  const replicas = deploy?.replicas
  if (scale !== undefined && replicas !== undefined && scale !== replicas) return distinct(name, 'scale', 'replicas')
  if (scale !== undefined && scale < 0)
    return { sentence: `services.${name}.scale: must be greater than or equal to 0`, path: '.scale' }
  if (replicas !== undefined && replicas < 0)
    return {
      sentence: `services.${name}.deploy.replicas: must be greater than or equal to 0`,
      path: '.deploy.replicas',
    }
  return undefined
}

function sameLimits({ name, deploy, cpus, memLimit, memReservation, pidsLimit }: Service): Complaint | undefined {
  const { limits, reservations } = deploy?.resources ?? {}
  if (limits !== undefined) {
    if (cpus !== undefined && Math.fround(limits.cpus ?? 0) !== Math.fround(cpus))
      return distinct(name, 'cpus', 'resources.limits.cpus')
    if (memLimit !== undefined && limits.memory !== memLimit)
      return distinct(name, 'mem_limit', 'resources.limits.memory')
  }
  if (reservations !== undefined && memReservation !== undefined && reservations.memory !== memReservation)
    return distinct(name, 'mem_reservation', 'resources.reservations.memory')
  if (limits !== undefined && pidsLimit !== undefined && limits.pids !== pidsLimit)
    return distinct(name, 'pids_limit', 'resources.limits.pids')
  return undefined
}

function distinct(name: string, attribute: string, other: string): Complaint {
  return {
    sentence: `services.${name}: can't set distinct values on '${attribute}' and 'deploy.${other}': ${invalid}`,
    path: `.${attribute}`,
  }
}

function nameOfOne(service: Service): Complaint | undefined {
  if (service.containerName === undefined || replicasOf(service) <= 1) return undefined
  const attribute = service.scale === undefined ? 'deploy.replicas' : 'scale'
  return {
    sentence: `services.${attribute}: can't set container_name and ${service.name} as container name must be unique: ${invalid}`,
    path: '.container_name',
  }
}

function watchTargets({ name, develop }: Service): Complaint | undefined {
  for (const { target, action } of develop?.watch ?? [])
    if (target === undefined && action !== 'rebuild' && action !== 'restart')
      return {
        sentence: `services.${name}.develop.watch: target is required for non-rebuild actions: ${invalid}`,
        path: '.develop.watch',
      }
  return undefined
}

function targetsOnce({ name, tmpfs, volumes }: Service): Complaint | undefined {
  const mounts = new Map<string, string>()
  const places = [
    ...tmpfs.map((mount, index) => [mount.split(':')[0] ?? '', `tmpfs[${index}]`] as const),
    ...volumes.map(({ target = '' }, index) => [target, `volumes[${index}]`] as const),
  ]
  for (const [target, attribute] of places) {
    const place = `services.${name}.${attribute}`
    const other = mounts.get(target)
    if (other !== undefined)
      return { sentence: `${place}: target ${target} already mounted as ${other}`, path: `.${attribute}` }
    mounts.set(target, place)
  }
  return undefined
}

function didYouMean(word: string, known: Readonly<Record<string, unknown>>): string | undefined {
  const suggestion = nearest(word, Object.keys(known))
  return suggestion && `Did you mean ${suggestion}?`
}

/** With a stack of its own: a chain of dependencies may be as long as the file. */
function checkCycles({ services }: Project): void {
  const done = new Set<string>()
  const dependenciesOf = (name: string) => Object.keys(services[name]?.dependsOn ?? {}).sort()
  for (const start of Object.keys(services).sort()) {
    if (done.has(start)) continue
    const path = [{ name: start, rest: dependenciesOf(start) }]
    const open = new Set([start])
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const next = top.rest.shift()
      if (next === undefined) {
        path.pop()
        open.delete(top.name)
        done.add(top.name)
      } else if (open.has(next))
        throw cycle(
          path.map(({ name }) => name),
          next,
        )
      else if (!done.has(next)) {
        path.push({ name: next, rest: dependenciesOf(next) })
        open.add(next)
      }
    }
  }
}

function cycle(path: readonly string[], next: string): ComposeError {
  const round = [...path.slice(path.indexOf(next)), next]
  return failure(`dependency cycle detected: ${round.join(' -> ')}`, `services.${path.at(-1)}.depends_on`)
}
