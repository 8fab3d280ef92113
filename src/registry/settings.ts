// How registries are reached, as the host's administrator has it: mirrors and insecure registries of daemon.json, and
// certificates of certs.d, Docker's own files first and ours over them.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ComposeError, isErrno, messageOf } from '../shared/errors.ts'
import type { Environment } from './docker-config.ts'

export interface RegistrySettings {
  /** Of Docker Hub: asked before it, in this order. Origins, without a slash at the end. */
  mirrors: readonly string[]
  /** Whether the registry's certificate is not checked, and plain HTTP does too. */
  isInsecure(registry: string): boolean
  certificates(registry: string): Certificates
}

export interface Certificates {
  /** Trusted besides the system's, for this registry alone. */
  authorities: Buffer[]
  client?: { cert: Buffer; key: Buffer }
}

/** Keys of our file; Docker's has others, which are not ours to know. */
const ownKeys = ['registry-mirrors', 'insecure-registries'] as const

/** TSC_COMPOSE_CONFIG is a folder in place of both /etc/tsc-compose and /etc/docker. */
export function readRegistrySettings(env: Environment): RegistrySettings {
  const own = env.TSC_COMPOSE_CONFIG ?? '/etc/tsc-compose'
  const folders = env.TSC_COMPOSE_CONFIG ? [own] : ['/etc/docker', own]
  const files = folders.map(folder => readDaemonFile(join(folder, 'daemon.json'), folder === own))
  const listed = (key: (typeof ownKeys)[number]) => files.findLast(file => file[key])?.[key] ?? []
  const insecure = listed('insecure-registries')
  return {
    mirrors: listed('registry-mirrors').map(mirrorOrigin),
    isInsecure: registry => insecure.some(entry => matches(entry, registry)),
    certificates: registry => readCertificates(folders.map(folder => join(folder, 'certs.d', registry))),
  }
}

type DaemonFile = Partial<Record<(typeof ownKeys)[number], string[]>>

function readDaemonFile(path: string, isOwn: boolean): DaemonFile {
  const refuse = (what: string, cause?: unknown) =>
    new ComposeError('invalid_argument', `${path}: ${what}`, { path, cause })
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return {}
    throw refuse(messageOf(error), error)
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw refuse('not JSON', cause)
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw refuse('not a JSON object')
  const entries = Object.entries(parsed)
  const known = (key: string): key is (typeof ownKeys)[number] => ownKeys.some(own => own === key)
  const stranger = entries.find(([key]) => !known(key))
  if (isOwn && stranger) throw refuse(`unknown key '${stranger[0]}': known are ${ownKeys.join(' and ')}`)
  const file: DaemonFile = {}
  for (const [key, value] of entries) {
    if (!known(key)) continue
    if (!Array.isArray(value) || value.some(item => typeof item !== 'string'))
      throw refuse(`'${key}' is not a list of texts`)
    file[key] = value
  }
  return file
}

function mirrorOrigin(text: string): string {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username)
    throw new ComposeError(
      'invalid_argument',
      `registry-mirrors: '${text}' is not a URL such as https://mirror.example`,
    )
  return text.replace(/\/+$/, '')
}

/** A name with or without its port, or a block of IPv4 addresses. */
function matches(entry: string, registry: string): boolean {
  const host = registry.replace(/:\d+$/, '')
  if (entry === registry || entry === host) return true
  const [base = '', bits = ''] = entry.split('/')
  if (!/^\d+$/.test(bits) || Number(bits) > 32) return false
  const [network, address] = [addressNumber(base), addressNumber(host)]
  if (network === undefined || address === undefined) return false
  const size = 2 ** (32 - Number(bits))
  return Math.floor(network / size) === Math.floor(address / size)
}

function addressNumber(text: string): number | undefined {
  const parts = text.split('.').map(Number)
  const isAddress = parts.length === 4 && parts.every(part => Number.isInteger(part) && part >= 0 && part < 256)
  return isAddress ? parts.reduce((sum, part) => sum * 256 + part, 0) : undefined
}

/** `*.crt` are authorities, `name.cert` and `name.key` a client's pair (Docker's certs.d). */
function readCertificates(folders: readonly string[]): Certificates {
  const found: Certificates = { authorities: [] }
  for (const folder of folders) {
    for (const name of namesIn(folder)) {
      const read = (file: string) => readFileSync(join(folder, file))
      if (name.endsWith('.crt')) found.authorities.push(read(name))
      if (name.endsWith('.cert')) {
        const key = name.replace(/cert$/, 'key')
        if (!namesIn(folder).includes(key))
          throw new ComposeError('failed_precondition', `missing key ${key} for client certificate ${name}`, {
            path: folder,
            hint: `put ${key} beside it`,
          })
        found.client = { cert: read(name), key: read(key) }
      }
    }
  }
  return found
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return []
    throw new ComposeError('failed_precondition', `can't read the certificates in ${folder}: ${messageOf(error)}`, {
      path: folder,
      cause: error,
    })
  }
}
