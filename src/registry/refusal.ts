// What a registry's refusal means, in the words of Docker's tools.
import { text } from 'node:stream/consumers'
import { ComposeError } from '../shared/errors.ts'
import { familiarName, type Reference } from '../shared/image-reference.ts'
import { retryAfter } from './retry.ts'
import type { Answer } from './transport.ts'

export interface Refused {
  reference: Reference
  action: 'pull' | 'push'
  /** Below the repository: `manifests/latest`, `blobs/sha256:…`; `token` for the token service. */
  path: string
}

/** Of an error's page no more than this is read. */
const longestComplaint = 64 * 1024

export async function refusal(answer: Answer, refused: Refused): Promise<ComposeError> {
  const { reference, action, path } = refused
  const complaint = await readComplaint(answer)
  const name = familiarName(reference)
  const { status } = answer
  if (status === 429) return tooMany(answer, complaint, refused)
  if (action === 'push' && (status === 401 || status === 403))
    return new ComposeError(
      'permission_denied',
      `push access denied for ${name}, repository does not exist or may require 'docker login': ${complaint || 'denied: requested access to the resource is denied'}`,
    )
  if (action === 'pull' && [401, 403, 404].includes(status) && !path.startsWith('blobs')) {
    if (/MANIFEST_UNKNOWN|manifest[ _]unknown/i.test(complaint)) {
      const { registry, repository, tag, digest } = reference
      const full = `${registry}/${repository}${digest ? `@${digest}` : `:${tag ?? 'latest'}`}`
      return new ComposeError('not_found', `failed to resolve reference "${full}": ${full}: not found`)
    }
    return new ComposeError(
      'not_found',
      `pull access denied for ${name}, repository does not exist or may require 'docker login'`,
    )
  }
  return new ComposeError(
    'unavailable',
    `unexpected answer ${status} of ${new URL(answer.url).origin} for ${path} of ${name}${complaint ? `: ${complaint}` : ''}`,
  )
}

function tooMany(answer: Answer, complaint: string, { reference, action }: Refused): ComposeError {
  const wait = retryAfter(answer)
  const end =
    wait === undefined
      ? 'the registry does not say until when'
      : `until ${new Date(Math.ceil((Date.now() + wait) / 1000) * 1000).toISOString().replace('.000Z', 'Z')}`
  return new ComposeError(
    'unavailable',
    `${reference.registry} refuses to ${action} ${familiarName(reference)} for now, ${end}: ${complaint || 'toomanyrequests'}`,
    { hint: 'wait, log in where logins have a higher limit, or use a mirror (registry-mirrors)' },
  )
}

/** `code: message` of each error (distribution-spec, error codes), or the beginning of what was said instead. */
async function readComplaint(answer: Answer): Promise<string> {
  const said = await text(beginning(answer.body)).catch(() => '')
  try {
    const { errors } = JSON.parse(said) as { errors?: unknown } // checked
    if (Array.isArray(errors)) return errors.map(describe).join('; ')
  } catch {
    // No JSON: a proxy's page, mostly.
  }
  return said.replace(/\s+/g, ' ').trim().slice(0, 200)
}

function describe(error: unknown): string {
  const { code, message } = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>
  return `${String(code ?? 'unknown')
    .toLowerCase()
    .replaceAll('_', ' ')}: ${String(message ?? '')}`
}

async function* beginning(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let size = 0
  for await (const chunk of source) {
    yield chunk
    size += chunk.length
    if (size > longestComplaint) return
  }
}
