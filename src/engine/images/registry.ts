// A client of the registry API (distribution-spec): manifests and blobs, with the token or password that the
// registry asks for. Registries on loopback may speak plain HTTP, as with Docker Engine.
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { ComposeError, messageOf } from '../../shared/errors.ts'
import type { Reference } from '../../shared/image-reference.ts'

export interface Credentials {
  username: string
  password: string
}

export interface Descriptor {
  mediaType: string
  digest: string
  size: number
  platform?: { architecture: string; os: string; variant?: string }
}

export interface Manifest {
  mediaType?: string
  config: Descriptor
  layers: Descriptor[]
}

export interface Registry {
  /** The manifest for this machine's platform, and the digest by which the registry knows what was asked for. */
  manifest(platform: Platform, signal?: AbortSignal): Promise<{ manifest: Manifest; text: string; digest: string }>
  blob(descriptor: Descriptor, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>>
}

export interface Platform {
  os: string
  architecture: string
  variant?: string | undefined
}

const lists = ['application/vnd.oci.image.index.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json']
const single = ['application/vnd.oci.image.manifest.v1+json', 'application/vnd.docker.distribution.manifest.v2+json']
const requestTimeout = 60_000

export function openRegistry(
  reference: Reference,
  credentials: Credentials | undefined,
  digestOf: (text: string) => string,
): Registry {
  const { repository } = reference
  trustSystem()
  const hosts = origins(reference.registry)
  let authorization: string | undefined
  let origin: string | undefined

  return {
    async manifest(platform, signal) {
      const wanted = reference.digest ?? reference.tag ?? 'latest'
      const { text, digest } = await fetchManifest(wanted, signal)
      if (reference.digest && digest !== reference.digest) throw mismatch(reference.digest, digest)
      // Both kinds of document are JSON objects of known shape, told apart by what they hold.
      const document = JSON.parse(text) as Partial<Manifest> & { manifests?: Descriptor[]; schemaVersion?: number }
      if (!document.manifests) {
        if (document.schemaVersion !== 2 || !document.config || !document.layers) {
          throw new ComposeError(
            'not_implemented',
            `${repository}: the registry offers a manifest of an unknown kind (${document.mediaType ?? 'no media type'})`,
          )
        }
        return { manifest: document as Manifest, text, digest }
      }
      const chosen = choose(document.manifests, platform)
      if (!chosen) {
        throw new ComposeError(
          'not_found',
          `no matching manifest for ${platform.os}/${platform.architecture}${platform.variant ? `/${platform.variant}` : ''} in the manifest list entries`,
        )
      }
      const own = await fetchManifest(chosen.digest, signal)
      if (own.digest !== chosen.digest) throw mismatch(chosen.digest, own.digest)
      return { manifest: JSON.parse(own.text) as Manifest, text: own.text, digest }
    },

    async blob({ digest }, signal) {
      const response = await request(`blobs/${digest}`, {}, signal)
      if (!response.body)
        throw new ComposeError('unavailable', `${repository}: the registry sent no content for ${digest}`)
      return response.body
    },
  }

  async function fetchManifest(wanted: string, signal: AbortSignal | undefined) {
    const response = await request(`manifests/${wanted}`, { accept: [...lists, ...single].join(', ') }, signal)
    const text = await response.text()
    return { text, digest: digestOf(text) }
  }

  async function request(
    path: string,
    headers: Record<string, string>,
    signal: AbortSignal | undefined,
    again = true,
  ): Promise<Response> {
    const response = await send(`/v2/${repository}/${path}`, headers, signal)
    if (response.status === 401 && again) {
      authorization = await authorize(response.headers.get('www-authenticate') ?? '', signal)
      return request(path, headers, signal, false)
    }
    if (response.ok) return response
    throw await refusal(response, path)
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
    const cause = failure instanceof Error && failure.cause ? messageOf(failure.cause) : messageOf(failure)
    throw new ComposeError('unavailable', `failed to do request: ${hosts[0]}${path}: ${cause}`, {
      hint: `is ${reference.registry} reachable from here?`,
      cause: failure,
    })
  }

  /** What the registry's challenge asks for (RFC 6750, distribution token authentication). */
  async function authorize(challenge: string, signal: AbortSignal | undefined): Promise<string | undefined> {
    const basic = credentials
      ? `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`
      : undefined
    if (/^basic/i.test(challenge)) return basic
    const parameters = Object.fromEntries(
      [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
    )
    if (!parameters.realm) return undefined
    const url = new URL(parameters.realm)
    if (parameters.service) url.searchParams.set('service', parameters.service)
    url.searchParams.set('scope', parameters.scope || `repository:${repository}:pull`)
    const response = await fetch(url, { headers: basic ? { authorization: basic } : {}, ...(signal ? { signal } : {}) })
    if (!response.ok) throw await refusal(response, 'token')
    const { token, access_token } = (await response.json()) as { token?: string; access_token?: string }
    return `Bearer ${token ?? access_token}`
  }

  async function refusal(response: Response, path: string): Promise<ComposeError> {
    const text = await response.text().catch(() => '')
    if ([401, 403, 404].includes(response.status) && !path.startsWith('blobs')) {
      const name =
        reference.registry === 'docker.io'
          ? repository.replace(/^library\//, '')
          : `${reference.registry}/${repository}`
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
      return new ComposeError('unavailable', `${reference.registry} refuses more pulls for now (toomanyrequests)`)
    return new ComposeError(
      'unavailable',
      `unexpected answer ${response.status} of ${origin ?? reference.registry} for ${path}: ${text.slice(0, 200)}`,
    )
  }

  function mismatch(expected: string, got: string): ComposeError {
    return new ComposeError(
      'failed_precondition',
      `manifest of ${repository} does not match its digest: expected ${expected}, got ${got}`,
    )
  }
}

function origins(registry: string): string[] {
  if (registry === 'docker.io') return ['https://registry-1.docker.io']
  const host = registry.replace(/:\d+$/, '')
  const isLoopback = host === 'localhost' || host.startsWith('127.') || host === '[::1]'
  return isLoopback ? [`https://${registry}`, `http://${registry}`] : [`https://${registry}`]
}

let trusted = false

/** Registries inside a company have certificates that only the system's store knows. */
function trustSystem(): void {
  if (trusted) return
  trusted = true
  setDefaultCACertificates([...getCACertificates('default'), ...getCACertificates('system')])
}

/** The entry for the platform; one for the same architecture without a variant does too. */
function choose(entries: readonly Descriptor[], platform: Platform): Descriptor | undefined {
  const fitting = entries.filter(
    ({ platform: own }) => own?.os === platform.os && own.architecture === platform.architecture,
  )
  if (!platform.variant) return fitting[0]
  return (
    fitting.find(({ platform: own }) => own?.variant === platform.variant) ??
    fitting.find(({ platform: own }) => !own?.variant)
  )
}

export function hostPlatform(): Platform {
  const architectures: Record<string, Platform> = {
    x64: { os: 'linux', architecture: 'amd64' },
    arm64: { os: 'linux', architecture: 'arm64' },
    arm: { os: 'linux', architecture: 'arm', variant: 'v7' },
    ia32: { os: 'linux', architecture: '386' },
    riscv64: { os: 'linux', architecture: 'riscv64' },
    s390x: { os: 'linux', architecture: 's390x' },
    ppc64: { os: 'linux', architecture: 'ppc64le' },
  }
  return architectures[process.arch] ?? { os: 'linux', architecture: process.arch }
}

/** `os[/architecture[/variant]]`. */
export function parsePlatform(text: string): Platform {
  const [os = 'linux', architecture = hostPlatform().architecture, variant] = text.split('/')
  return { os, architecture, ...(variant ? { variant } : {}) }
}
