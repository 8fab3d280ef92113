// The one client of the registry API (distribution-spec), for images and for Compose files in OCI artifacts. What it
// gives under a digest has that digest. Registries on loopback may speak plain HTTP, as with Docker Engine.
import { createHash } from 'node:crypto'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { ComposeError, messageOf } from '../shared/errors.ts'
import { familiarName, type Reference } from '../shared/image-reference.ts'
import { authorize } from './authorize.ts'
import type { Credentials } from './credentials.ts'
import { manifestTypes } from './manifest.ts'

export interface RegistryOptions {
  credentials?: Credentials | undefined
  /** Also asked over plain HTTP where it is not on loopback. */
  insecure?: boolean | undefined
}

export interface Registry {
  /** A manifest or an index by tag or digest, verified against a digest, and the digest that it has. */
  document(wanted: string, signal?: AbortSignal): Promise<{ text: string; digest: string }>
  /** A blob's bytes as they come: whoever keeps them verifies them. */
  blob(digest: string, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>>
  /** A small blob as text, verified. */
  blobText(digest: string, signal?: AbortSignal): Promise<string>
}

const requestTimeout = 60_000
/** Of what is held in memory: manifests, and the files of a Compose artifact. */
const largestText = 16 * 1024 * 1024

export function openRegistry(reference: Reference, { credentials, insecure = false }: RegistryOptions = {}): Registry {
  const { registry, repository } = reference
  trustSystem()
  const hosts = origins(registry, insecure)
  let authorization: string | undefined
  let origin: string | undefined

  return {
    async document(wanted, signal) {
      const response = await request(`manifests/${wanted}`, { accept: manifestTypes }, signal)
      const text = await textOf(response)
      const digest = digestOf(text)
      if (wanted.includes(':') && digest !== wanted) throw wrongDigest('manifest', wanted, digest)
      return { text, digest }
    },
    async blob(digest, signal) {
      const response = await request(`blobs/${digest}`, {}, signal)
      if (!response.body)
        throw new ComposeError('unavailable', `${repository}: the registry sent no content for ${digest}`)
      return response.body
    },
    async blobText(digest, signal) {
      const text = await textOf(await request(`blobs/${digest}`, {}, signal))
      const own = digestOf(text)
      if (own !== digest) throw wrongDigest('blob', digest, own)
      return text
    },
  }

  async function request(
    path: string,
    headers: Record<string, string>,
    signal: AbortSignal | undefined,
    again = true,
  ): Promise<Response> {
    const response = await send(`/v2/${repository}/${path}`, headers, signal)
    if (response.ok) return response
    if (response.status !== 401 || !again) throw await refusal(response, path)
    const challenge = response.headers.get('www-authenticate') ?? ''
    const scope = `repository:${repository}:pull`
    const shown = await authorize({ challenge, scope, credentials, signal }).catch(error => {
      signal?.throwIfAborted()
      throw unreachable(error, `the token service of ${registry}`)
    })
    if (typeof shown === 'object') throw await refusal(shown, 'token')
    authorization = shown
    return request(path, headers, signal, false)
  }

  /** To the origin that answered before, or to the first that does. */
  async function send(
    path: string,
    headers: Record<string, string>,
    signal: AbortSignal | undefined,
  ): Promise<Response> {
    let failure: unknown
    for (const candidate of origin ? [origin] : hosts) {
      try {
        const limit = AbortSignal.timeout(requestTimeout)
        const head = { ...headers, ...(authorization ? { authorization } : {}) }
        // Only until the head has come: a large blob may take longer.
        const response = await fetch(candidate + path, {
          headers: head,
          ...(signal ? { signal } : {}),
          ...(origin ? {} : { signal: signal ? AbortSignal.any([signal, limit]) : limit }),
        })
        origin = candidate
        return response
      } catch (error) {
        signal?.throwIfAborted()
        failure = error
      }
    }
    throw unreachable(failure, `${hosts[0]}${path}`)
  }

  /** fetch() says why in its error's cause. */
  function unreachable(failure: unknown, what: string): ComposeError {
    const cause = failure instanceof Error && failure.cause ? messageOf(failure.cause) : messageOf(failure)
    return new ComposeError('unavailable', `failed to do request: ${what}: ${cause}`, {
      hint: `is ${registry} reachable from here?`,
      cause: failure,
    })
  }

  async function refusal(response: Response, path: string): Promise<ComposeError> {
    const text = await response.text().catch(() => '')
    if ([401, 403, 404].includes(response.status) && !path.startsWith('blobs')) {
      const name = familiarName(reference)
      if (/MANIFEST_UNKNOWN|manifest unknown/i.test(text)) {
        return new ComposeError(
          'not_found',
          `manifest for ${name}:${reference.tag ?? reference.digest ?? 'latest'} not found: manifest unknown: manifest unknown`,
        )
      }
      return new ComposeError(
        'not_found',
        `pull access denied for ${name}, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`,
      )
    }
    if (response.status === 429)
      return new ComposeError('unavailable', `${registry} refuses more pulls for now (toomanyrequests)`)
    return new ComposeError(
      'unavailable',
      `unexpected answer ${response.status} of ${origin ?? registry} for ${path}: ${text.slice(0, 200)}`,
    )
  }

  function wrongDigest(what: string, expected: string, got: string): ComposeError {
    return new ComposeError(
      'failed_precondition',
      `${what} of ${repository} does not match its digest: expected ${expected}, got ${got}`,
      { hint: 'the registry or a proxy on the way sent something else: pull again' },
    )
  }
}

export const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > largestText)
      throw new ComposeError('failed_precondition', `${response.url}: a document of more than 16 MiB`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function origins(registry: string, insecure: boolean): string[] {
  if (registry === 'docker.io') return ['https://registry-1.docker.io']
  const host = registry.replace(/:\d+$/, '')
  const isLoopback = host === 'localhost' || host.startsWith('127.') || host === '[::1]'
  return isLoopback || insecure ? [`https://${registry}`, `http://${registry}`] : [`https://${registry}`]
}

let trusted = false

/** Registries inside a company have certificates that only the system's store knows. */
function trustSystem(): void {
  if (trusted) return
  trusted = true
  setDefaultCACertificates([...getCACertificates('default'), ...getCACertificates('system')])
}
