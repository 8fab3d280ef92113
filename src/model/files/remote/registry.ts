// The little of a registry's API that reading a Compose artifact needs: manifests, blobs and tokens.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ComposeError, messageOf } from '../../../shared/errors.ts'
import type { RemoteOptions } from './remote-options.ts'

export interface Registry {
  /** Tag or digest that the name was given with. */
  reference: string
  manifest(reference: string): Promise<{ content: string; digest: string }>
  /** Checked against its digest. */
  blob(digest: string): Promise<string>
}

const timeoutMs = 60_000
const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')

/** `host/name:tag`; without a host it is Docker Hub. */
export async function registryOf(name: string, options: RemoteOptions): Promise<Registry> {
  const match = /^(?:([^/]*[.:][^/]*|localhost)\/)?([a-z0-9._/-]+?)(?::([\w.-]+))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(
    name,
  )
  if (match === null) throw new ComposeError('invalid_argument', `invalid reference format: ${name}`)
  const [, given = 'docker.io', path = '', tag = 'latest', digest] = match
  const host = given === 'docker.io' || given === 'index.docker.io' ? 'registry-1.docker.io' : given
  const repository = host === 'registry-1.docker.io' && !path.includes('/') ? `library/${path}` : path
  const plain = options.insecureRegistries?.includes(given) || /^(?:localhost|127\.\d+\.\d+\.\d+)(?::|$)/.test(given)
  const base = `${plain ? 'http' : 'https'}://${host}/v2/${repository}`
  const credentials = credentialsFor(given, options)
  let authorization: string | undefined

  const get = async (address: string, accept: string): Promise<string> => {
    const ask = () => request(address, { accept, ...(authorization === undefined ? {} : { authorization }) })
    let response = await ask()
    if (response.status === 401 && authorization === undefined) {
      authorization = await authorize(response.headers.get('www-authenticate') ?? '', repository, credentials)
      response = await ask()
    }
    if (response.ok) return response.text()
    const code = response.status === 404 ? 'not_found' : response.status === 401 ? 'permission_denied' : 'unavailable'
    throw new ComposeError(
      code,
      `failed to pull OCI resource ${JSON.stringify(name)}: ${given} answers ${response.status}`,
      {
        path: address,
      },
    )
  }

  return {
    reference: digest ?? tag,
    async manifest(reference) {
      const content = await get(`${base}/manifests/${reference}`, manifestTypes)
      const actual = digestOf(content)
      if (reference.startsWith('sha256:') && actual !== reference) throw wrongDigest(reference, actual)
      return { content, digest: actual }
    },
    async blob(wanted) {
      const content = await get(`${base}/blobs/${wanted}`, '*/*')
      const actual = digestOf(content)
      if (actual !== wanted) throw wrongDigest(wanted, actual)
      return content
    },
  }
}

async function request(address: string, headers: Record<string, string>): Promise<Response> {
  try {
    return await fetch(address, { headers, signal: AbortSignal.timeout(timeoutMs) })
  } catch (cause) {
    const reason = cause instanceof Error && cause.cause !== undefined ? messageOf(cause.cause) : messageOf(cause)
    throw new ComposeError('unavailable', `${new URL(address).host} does not answer: ${reason}`, {
      path: address,
      cause,
    })
  }
}

/** Answers a 401: with the user's password, or with a token that the registry's realm gives for it. */
async function authorize(challenge: string, repository: string, credentials: string | undefined): Promise<string> {
  const basic = credentials === undefined ? undefined : `Basic ${credentials}`
  if (/^basic/i.test(challenge)) return basic ?? ''
  const parameters = new Map(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
  )
  const realm = parameters.get('realm')
  if (realm === undefined) return basic ?? ''
  const url = new URL(realm)
  const service = parameters.get('service')
  if (service !== undefined) url.searchParams.set('service', service)
  url.searchParams.set('scope', parameters.get('scope') ?? `repository:${repository}:pull`)
  const response = await request(url.href, basic === undefined ? {} : { authorization: basic })
  const answer: unknown = response.ok ? await response.json() : {}
  const { token, access_token: other } = answer as { token?: unknown; access_token?: unknown } // checked below
  const value = token ?? other
  return typeof value === 'string' ? `Bearer ${value}` : ''
}

/** What `docker login` stored, as the base64 that Basic authorization takes. */
function credentialsFor(registry: string, { env }: RemoteOptions): string | undefined {
  const file = join(env.DOCKER_CONFIG ?? join(env.HOME ?? '/', '.docker'), 'config.json')
  try {
    const { auths = {} } = JSON.parse(readFileSync(file, 'utf8')) as { auths?: Record<string, { auth?: string }> }
    const key = registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry
    return auths[key]?.auth
  } catch {
    // Without a readable file there are no credentials; the registry says if they are needed.
    return undefined
  }
}

function digestOf(content: string): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}

function wrongDigest(wanted: string, actual: string): ComposeError {
  return new ComposeError('invalid_argument', `the registry sent ${actual} for ${wanted}`)
}
