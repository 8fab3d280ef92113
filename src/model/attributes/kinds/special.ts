// Kinds of values with forms of their own: variables, labels, hosts, commands, modes.
import { ComposeError } from '../../../shared/errors.ts'
import { Float, isTree, type Value } from '../../../shared/yaml/tree.ts'
import { newRecord } from '../../values/record.ts'
import { castFloat, goText, shortestFloat32 } from '../../values/scalar.ts'
import { splitCommand } from '../command.ts'
import { extensionsOf } from './collection.ts'
import { type Kind, type Output, type Present, Sorted } from './kind.ts'
import { integer } from './scalar.ts'

function printRecord(record: Readonly<Record<string, Output>>): Output | undefined {
  const entries = Object.entries(record)
  return entries.length === 0 ? undefined : new Sorted(entries)
}

/** `key=value` list or map; `empty` is the value of a key without one. */
function pairs<T extends string | null>(empty: T, check?: (key: string) => void): Present<Record<string, string | T>> {
  return {
    isPresent: true,
    absent: () => newRecord<string | T>(),
    decode(value, at, problems) {
      const record = newRecord<string | T>()
      if (isTree(value)) {
        for (const [key, item] of Object.entries(value)) record[key] = item === null ? empty : goText(item)
      } else if (Array.isArray(value)) {
        for (const item of value) {
          const text = goText(item)
          const equals = text.indexOf('=')
          const key = equals < 0 ? text : text.slice(0, equals)
          problems.attempt(at, () => check?.(key))
          record[key] = equals < 0 ? empty : text.slice(equals + 1)
        }
      }
      return record
    },
    yaml: printRecord,
    json: printRecord,
  }
}

export const mapping: Present<Record<string, string>> = pairs('')
export const variables: Present<Record<string, string | null>> = pairs<null>(null, key => {
  if (/\s$/.test(key))
    throw new ComposeError('invalid_argument', `environment variable ${key} is declared with a trailing space`)
})

/** Options that may be repeated. */
export const repeatable: Present<Record<string, string[]>> = {
  isPresent: true,
  absent: () => newRecord<string[]>(),
  decode(value) {
    const record = newRecord<string[]>()
    for (const [key, item] of Object.entries(isTree(value) ? value : {})) {
      const list = Array.isArray(item) ? item : [item]
      if (list.length > 0) record[key] = list.map(goText)
    }
    return record
  },
  yaml: printRecord,
  json: printRecord,
}

/** Host names to addresses; printed as a list of `name=address`. */
export const hosts: Present<Record<string, string[]>> = {
  isPresent: true,
  absent: () => newRecord<string[]>(),
  decode(value, at, problems) {
    const record = newRecord<string[]>()
    problems.attempt(at, () => {
      if (isTree(value))
        for (const [host, item] of Object.entries(value))
          record[host] = Array.isArray(item) ? item.map(goText) : [item === null ? '' : goText(item)]
      for (const item of Array.isArray(value) ? value : []) {
        const match = /^([^=]*)=([\s\S]*)$/.exec(goText(item)) ?? /^([^:]*):([\s\S]*)$/.exec(goText(item))
        if (match === null)
          throw new ComposeError('invalid_argument', `invalid additional host, missing IP: ${goText(item)}`)
        const [, host = '', addresses = ''] = match
        record[host] = [...(record[host] ?? []), ...addresses.split(',')]
      }
      for (const [host, addresses] of Object.entries(record)) {
        if (host === '' || /[:=]/.test(host)) throw new ComposeError('invalid_argument', `bad host name '${host}'`)
        record[host] = addresses.map(address => /^\[(.+)\]$/.exec(address)?.[1] ?? address)
      }
    })
    return record
  },
  yaml: printHosts,
  json: value => printHosts(value),
}

function printHosts(value: Record<string, string[]>): Output | undefined {
  const list = Object.entries(value).flatMap(([host, addresses]) => addresses.map(address => `${host}=${address}`))
  return list.length === 0 && Object.keys(value).length === 0 ? undefined : list.sort()
}

/** A text is split; null leaves the image's. */
export const command: Present<string[] | null> = {
  isPresent: true,
  absent: () => null,
  decode(value, at, problems) {
    if (typeof value === 'string')
      return (
        problems.attempt(at, () =>
          splitCommand(value, rest =>
            problems.warn(`${at}: ${JSON.stringify(rest)} is left out; for a shell write a list with sh -c`, at),
          ),
        ) ?? null
      )
    return Array.isArray(value) ? value.map(goText) : null
  },
  yaml: value => value ?? undefined,
  json: value => value,
  jsonAbsent: () => null,
}

/** A text is run by a shell. */
export const healthTest: Present<string[]> = {
  isPresent: true,
  absent: () => [],
  decode: value => (typeof value === 'string' ? ['CMD-SHELL', value] : Array.isArray(value) ? value.map(goText) : []),
  yaml: value => (value.length === 0 ? undefined : value),
  json: value => (value.length === 0 ? undefined : value),
}

/** Cores, as a text or a number. */
export const cores: Kind<number> = {
  absent: () => undefined,
  decode(value, at, problems) {
    const number = typeof value === 'string' ? problems.attempt(at, () => castFloat(value).value) : numberOf(value)
    return number === 0 ? undefined : number
  },
  yaml: value => new Float(shortestFloat32(value)),
  json: value => new Float(shortestFloat32(value)),
}

function numberOf(value: Value): number | undefined {
  if (value instanceof Float) return value.value
  return typeof value === 'number' ? value : undefined
}

/** Octal as a text; printed so. */
export const fileMode: Kind<number> = {
  absent: () => undefined,
  decode(value, at, problems) {
    if (typeof value !== 'string') return numberOf(value)
    return problems.attempt(at, () => {
      if (/^[-+]?[0-7]+$/.test(value)) return Number.parseInt(value, 8)
      throw new ComposeError('invalid_argument', `strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`)
    })
  },
  yaml: value => `0${value.toString(8)}`,
  json: value => `0${value.toString(8)}`,
}

/** `all` is -1. */
export const deviceCount: Kind<number> = {
  absent: () => undefined,
  decode(value, at, problems) {
    if (typeof value !== 'string') return numberOf(value) || undefined
    return problems.attempt(at, () => {
      if (value.toLowerCase() === 'all') return -1
      if (/^[-+]?[0-9]+$/.test(value)) return Number(value)
      const quoted = JSON.stringify(value)
      throw new ComposeError('invalid_argument', `invalid value ${quoted}, the only value allowed is 'all' or a number`)
    })
  },
  yaml: value => value,
  json: value => value,
}

/** No path: the agent of the caller. */
export interface SshKey {
  id: string
  path?: string
}

/** Printed as `id` or `id: path`, the latter not its own input form, and an error in JSON: both are Compose's. */
export const sshKeys: Present<SshKey[]> = {
  isPresent: true,
  absent: () => [],
  decode: value =>
    Object.entries(isTree(value) ? value : {}).map(([id, path]) =>
      path === null ? { id } : { id, path: goText(path) },
    ),
  yaml: keys =>
    keys.length === 0 ? undefined : keys.map(({ id, path }) => (path === undefined ? id : `${id}: ${path}`)),
  json: keys => {
    if (keys.some(key => key.path !== undefined))
      throw new ComposeError(
        'invalid_argument',
        "json: error calling MarshalJSON for type types.SSHKey: invalid character ':' after top-level value",
        { hint: 'Print YAML instead: JSON has no form for an ssh key with a path.' },
      )
    return keys.length === 0 ? undefined : keys.map(({ id }) => id)
  },
}

/** A `single` limit is both soft and hard. */
export interface Ulimit {
  single?: number
  soft?: number
  hard?: number
  extensions: Record<string, unknown>
}

/** A number, or soft and hard. */
export const ulimit: Kind<Ulimit> = {
  absent: () => undefined,
  decode(value, at, problems) {
    if (!isTree(value)) {
      const single = integer.decode(value, at, problems)
      return single === undefined ? { extensions: newRecord() } : { single, extensions: newRecord() }
    }
    const limit: Ulimit = { extensions: extensionsOf(value) }
    const [soft, hard] = [value.soft, value.hard].map(item => (item === undefined ? undefined : numberOf(item)))
    if (soft) limit.soft = soft
    if (hard) limit.hard = hard
    return limit
  },
  yaml: limit =>
    limit.single ??
    new Map([
      ['soft', limit.soft ?? 0],
      ['hard', limit.hard ?? 0],
    ]),
  json: limit => {
    if (limit.single !== undefined) return limit.single
    const map = new Map<string, Output>()
    if (limit.soft !== undefined) map.set('soft', limit.soft)
    if (limit.hard !== undefined) map.set('hard', limit.hard)
    return map
  },
}
