// Which containers a list or a prune is asked for: one row for each key of the API document.
import type { operations } from '../../docker/protocol/operations.ts'
import { ComposeError } from '../../shared/errors.ts'
import type { ContainerRecord } from '../containers/record.ts'
import type { Registry } from '../containers/registry.ts'
import { any, anyRead, type FilterRow, labels, never, until, withoutLabels, yesOrNo } from './filters.ts'

type Row = FilterRow<ContainerRecord>
type Key<Op extends keyof typeof operations> = (typeof operations)[Op] extends {
  readonly filters: readonly (infer K extends string)[]
}
  ? K
  : never

const labelsOf = ({ config }: ContainerRecord) => config.labels ?? {}
const createdOf = ({ created }: ContainerRecord) => created

export const pruneFilters: Readonly<Record<Key<'POST /containers/prune'>, Row>> = {
  label: labels(labelsOf),
  'label!': withoutLabels(labelsOf),
  until: until(createdOf),
}

export interface ContainerFilterOptions {
  registry: Registry
  imageIdOf: (ref: string) => string | undefined
}

export function containerFilters({
  registry,
  imageIdOf,
}: ContainerFilterOptions): Readonly<Record<Key<'GET /containers/json'>, Row>> {
  return {
    ancestor: anyRead(
      ref => ({ ref, id: imageIdOf(ref) }),
      ({ imageRef, imageId }, { ref, id }) => imageId === id || imageRef === ref,
    ),
    before: anyRead(registry.get, (record, other) => record.created < other.created),
    exited: anyRead(exitCode, ({ state }, code) => state.status === 'exited' && state.exitCode === code),
    expose: anyRead(portRange, ({ config, published }, range) =>
      [...Object.keys(config.exposedPorts ?? {}), ...published.map(({ key }) => key)].some(key => within(key, range)),
    ),
    health: anyRead(oneOf('health', healths), ({ health }, status) => (health?.status ?? 'none') === status),
    id: any(({ id }, start) => id.startsWith(start)),
    'is-task': yesOrNo(() => false),
    isolation: never(),
    label: labels(labelsOf),
    // Docker Engine takes a name for an expression, matched with and without the leading slash.
    name: anyRead(expression, ({ name }, wanted) => wanted.test(name) || wanted.test(`/${name}`)),
    network: any(({ endpoints }, network) =>
      endpoints.some(({ networkId, networkName }) => networkName === network || networkId.startsWith(network)),
    ),
    publish: anyRead(portRange, ({ published }, range) =>
      published.some(({ key, hostPort }) => within(`${hostPort}/${key.split('/')[1]}`, range)),
    ),
    since: anyRead(registry.get, (record, other) => record.created > other.created),
    status: anyRead(oneOf('status', statuses), ({ state }, status) => state.status === status),
    volume: any(({ mounts }, volume) =>
      mounts.some(({ name, destination }) => name === volume || destination === volume),
    ),
  }
}

const statuses = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead']
const healths = ['starting', 'healthy', 'unhealthy', 'none']

function oneOf(key: string, allowed: readonly string[]): (value: string) => string {
  return value => {
    if (allowed.includes(value)) return value
    throw invalid(`invalid filter '${key}=${value}'`)
  }
}

function exitCode(value: string): number {
  if (/^[+-]?\d+$/.test(value)) return Number(value)
  throw invalid(`invalid filter 'exited=${value}': strconv.Atoi: parsing ${JSON.stringify(value)}: invalid syntax`)
}

/** What is no expression matches nothing. */
function expression(value: string): RegExp {
  try {
    return new RegExp(value)
  } catch {
    return /(?!)/
  }
}

interface PortRange {
  first: number
  last: number
  protocol: string
}

/** `80`, `80/udp`, `8000-8010/tcp` */
function portRange(value: string): PortRange {
  const [, first = '', last = first, protocol = 'tcp'] = /^(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp))?$/.exec(value) ?? []
  if (first === '' || Number(last) > 65535 || Number(last) < Number(first))
    throw invalid(`invalid port of a filter: ${value}: a port or a range, as 8000-8010/tcp`)
  return { first: Number(first), last: Number(last), protocol }
}

/** `key` is `80/tcp`. */
function within(key: string, { first, last, protocol }: PortRange): boolean {
  const [port = '', kind = 'tcp'] = key.split('/')
  return kind === protocol && Number(port) >= first && Number(port) <= last
}

function invalid(sentence: string): ComposeError {
  return new ComposeError('invalid_argument', sentence)
}
