// From what the engine says of containers to the project that would make them. Attributes are those that Docker Compose
// takes over, and the command where it is not the image's.
import { relative, resolve } from 'node:path'
import type { ContainerInspectResponse, HealthConfig, ImageInspect, MountPoint } from '../../docker/protocol/types.ts'
import { Problems } from '../../model/attributes/kinds/kind.ts'
import { makeNetwork, makeSecret, makeVolume } from '../../model/attributes/shapes/resources.ts'
import { makeService, type ServiceAttributes } from '../../model/attributes/shapes/service.ts'
import type { Project } from '../../model/project/project.ts'
import { labels } from '../../scheduler/observe/labels.ts'
import type { Tree, Value } from '../../shared/yaml/tree.ts'

export interface FoundContainer {
  container: ContainerInspectResponse
  image: ImageInspect
  /** Names of its networks, and whether each is internal. */
  internal: Record<string, boolean>
}

export interface FoundOptions {
  /** Empty: the project has none. */
  name: string
  /** Sources of binds below it are written relative to it. */
  folder: string | undefined
}

type Trees = Record<string, Tree>

export function projectOf(found: readonly FoundContainer[], { name, folder }: FoundOptions): Project {
  const services: Trees = {}
  const resources = { networks: {} as Trees, volumes: {} as Trees, secrets: {} as Trees }
  for (const one of found) {
    const { Config, Name = '' } = one.container
    const key = Config?.Labels?.[labels.service] ?? Name.replace(/^\//, '')
    const scale = Number(services[key]?.scale ?? 0) + 1
    services[key] = { ...serviceTree(one, resources, folder), scale }
  }
  const problems = new Problems(() => {})
  const decoded = <T>(
    trees: Trees,
    section: string,
    make: () => { decode(tree: Tree, at: string, problems: Problems): T | undefined },
  ) => {
    const kind = make()
    const entries = Object.entries(trees).map(([key, tree]) => [key, kind.decode(tree, `${section}.${key}`, problems)])
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Record<string, T>
  }
  const named = (all: Record<string, ServiceAttributes>) =>
    Object.fromEntries(Object.entries(all).map(([key, one]) => [key, { ...one, name: key, configHash: '' }]))
  const hashed = <T extends object>(all: Record<string, T>) =>
    Object.fromEntries(Object.entries(all).map(([key, one]) => [key, { ...one, configHash: '' }]))
  const project: Project = {
    name,
    separator: '-',
    workingDir: resolve(folder ?? '.'),
    composeFiles: [],
    envFiles: [],
    environment: {},
    services: named(decoded(services, 'services', makeService)),
    disabledServices: {},
    networks: hashed(decoded(resources.networks, 'networks', makeNetwork)),
    volumes: hashed(decoded(resources.volumes, 'volumes', makeVolume)),
    secrets: decoded(resources.secrets, 'secrets', makeSecret),
    configs: {},
    models: {},
    profiles: [],
    extensions: {},
    warnings: [],
  }
  problems.throwIfAny()
  return project
}

function serviceTree(
  { container, image, internal }: FoundContainer,
  resources: Record<'networks' | 'volumes' | 'secrets', Trees>,
  folder: string | undefined,
): Tree {
  const { Config, HostConfig, Mounts = [] } = container
  const networks = Object.entries(container.NetworkSettings?.Networks ?? {})
  for (const [name] of networks) resources.networks[name] = internal[name] ? { internal: true } : {}
  const secrets = Mounts.filter(isSecret)
  for (const { Destination = '', Source = '' } of secrets) {
    resources.secrets[nameIn(Destination)] = { name: nameIn(Destination), file: Source }
  }
  const volumes = Mounts.filter(mount => (mount.Type === 'bind' || mount.Type === 'volume') && !isSecret(mount))
  for (const { Type, Name = '', Driver } of volumes)
    if (Type === 'volume') resources.volumes[Name] = Driver && Driver !== 'local' ? { driver: Driver, name: Name } : {}
  const own = Object.entries(Config?.Labels ?? {}).filter(([key]) => !isToolLabel(key))
  return filled({
    image: Config?.Image ?? '',
    command: changed(Config?.Cmd, image.Config?.Cmd),
    entrypoint: changed(Config?.Entrypoint, image.Config?.Entrypoint),
    environment: Object.fromEntries((Config?.Env ?? []).map(variable)),
    labels: Object.fromEntries(own),
    healthcheck: Config?.Healthcheck && healthcheckTree(Config.Healthcheck),
    networks: Object.fromEntries(networks.map(([name, { Aliases }]) => [name, filled({ aliases: Aliases ?? [] })])),
    ports: Object.entries(HostConfig?.PortBindings ?? {}).flatMap(([key, bindings]) =>
      (bindings ?? []).map(({ HostIp, HostPort }) => {
        const [target, protocol = 'tcp'] = key.split('/')
        return filled({ target: Number(target), published: HostPort, host_ip: HostIp, protocol })
      }),
    ),
    volumes: volumes.map(mount => volumeTree(mount, folder)),
    secrets: secrets.map(({ Destination = '' }) => ({ source: nameIn(Destination), target: Destination })),
  })
}

const isSecret = ({ Type, Destination = '' }: MountPoint): boolean =>
  Type === 'bind' && Destination.startsWith('/run/secrets')

const nameIn = (path: string): string => path.split('/').at(-1) ?? ''

/** Of the tool that made the container: the next one writes its own. */
const isToolLabel = (key: string): boolean =>
  ['com.docker.compose.', 'desktop.docker.io', 'io.github.tsc-compose.'].some(start => key.startsWith(start))

/** Undefined: the image says the same. */
function changed(own: string[] | null | undefined, ofImage: string[] | null | undefined): string[] | undefined {
  return own && JSON.stringify(own) !== JSON.stringify(ofImage ?? null) ? own : undefined
}

function variable(entry: string): [string, Value] {
  const equals = entry.indexOf('=')
  return equals < 0 ? [entry, null] : [entry.slice(0, equals), entry.slice(equals + 1)]
}

/** Durations are nanoseconds in the API; what is 0 is the engine's default. */
function healthcheckTree({ Test, Interval, Timeout, StartPeriod, StartInterval, Retries }: HealthConfig): Tree {
  const duration = (value: number | undefined) => (value ? `${value}ns` : undefined)
  return filled({
    test: Test,
    interval: duration(Interval),
    timeout: duration(Timeout),
    start_period: duration(StartPeriod),
    start_interval: duration(StartInterval),
    retries: Retries || undefined,
  })
}

function volumeTree({ Type, Name, Source = '', Destination, RW }: MountPoint, folder: string | undefined): Tree {
  const below = folder === undefined || Type === 'volume' ? '..' : relative(resolve(folder), Source)
  const source = Type === 'volume' ? Name : below.startsWith('..') ? Source : `./${below}`
  return filled({ type: Type, source, target: Destination, read_only: RW === false || undefined })
}

/** Without what is not there. */
function filled(values: Record<string, Value | undefined>): Tree {
  const kept = Object.entries(values).filter(
    ([, value]) =>
      value !== undefined && value !== '' && !(typeof value === 'object' && Object.keys(value ?? {}).length === 0),
  )
  return Object.fromEntries(kept) as Tree // nothing undefined is left
}
