// The one client of the registry API (distribution-spec), for images and for Compose files in OCI artifacts. What it
// gives as a document or a text has the digest that was asked for.
import { createHash } from 'node:crypto'
import { ComposeError } from '../shared/errors.ts'
import type { Reference } from '../shared/image-reference.ts'
import type { Credentials } from './credentials.ts'
import { downloadBlob, type Wanted } from './download.ts'
import { manifestTypes } from './manifest.ts'
import { untilWhole } from './retry.ts'
import { openSession } from './session.ts'
import { type RegistrySettings, readRegistrySettings } from './settings.ts'
import { type Arrival, type BlobSource, type UploadOptions, uploadBlob } from './upload.ts'

export interface RegistryOptions {
  credentials?: Credentials | undefined
  /** Also asked over plain HTTP where it is not on loopback. */
  insecure?: boolean | undefined
  /** What credentials are asked for at once. */
  action?: 'pull' | 'push' | undefined
  /** Undefined: as the host has them. */
  settings?: RegistrySettings | undefined
  /** Where proxies and settings are named. */
  env?: Readonly<Record<string, string | undefined>> | undefined
  /** Milliseconds without a byte after which a connection is given up. */
  patience?: number | undefined
}

export interface RegistryText {
  text: string
  digest: string
  /** As the registry names it. */
  mediaType: string | undefined
}

export interface Registry {
  /** A manifest or an index by tag or digest, verified against a digest, and the digest that it has. */
  document(wanted: string, signal?: AbortSignal): Promise<RegistryText>
  /** A blob's bytes as they come: whoever keeps them verifies them, inside of `whole`. */
  blob(wanted: Wanted, signal?: AbortSignal): AsyncIterable<Uint8Array>
  /**
   * Calls what fetches this blob until it is whole: without the mirror that has sent something else, and again after
   * what may pass. What does not match is to be thrown as failed_precondition.
   */
  whole<T>(digest: string, signal: AbortSignal | undefined, fetchIt: () => Promise<T>): Promise<T>
  /** A small blob as text, verified. */
  blobText(digest: string, signal?: AbortSignal): Promise<string>
  putBlob(source: BlobSource, options?: UploadOptions): Promise<Arrival>
  putText(text: string, signal?: AbortSignal): Promise<Arrival>
  /** Under a tag or its own digest. */
  putManifest(name: string, manifest: { text: string; mediaType: string }, signal?: AbortSignal): Promise<void>
  /** Ends idle connections. */
  close(): void
}

/** Of what is held in memory: manifests, and the files of a Compose artifact. */
const largestText = 16 * 1024 * 1024

export function openRegistry(reference: Reference, options: RegistryOptions = {}): Registry {
  const { credentials, insecure = false, action = 'pull', env = process.env, patience } = options
  const { repository } = reference
  const settings = options.settings ?? readRegistrySettings(env)
  const session = openSession({ reference, action, credentials, settings, insecure, env, patience })

  const registry: Registry = {
    document: (wanted, signal) =>
      untilWhole(signal, async () => {
        const path = `manifests/${wanted}`
        return notFrom(
          path,
          signal,
          () => true,
          async () => {
            const answer = await session.send({ path, headers: { accept: manifestTypes }, signal })
            const text = await joined(answer.url, answer.body)
            const digest = digestOf(text)
            if (wanted.includes(':') && digest !== wanted) throw wrongDigest('manifest', wanted, digest)
            return { text, digest, mediaType: answer.headers['content-type']?.split(';')[0]?.trim() }
          },
        )
      }),
    blob: (wanted, signal) => downloadBlob(session, wanted, signal),
    whole: (digest, signal, fetchIt) => untilWhole(signal, () => notFrom(`blobs/${digest}`, signal, isWrong, fetchIt)),
    blobText: (digest, signal) =>
      registry.whole(digest, signal, async () => {
        const text = await joined(digest, downloadBlob(session, { digest }, signal))
        const own = digestOf(text)
        if (own !== digest) throw wrongDigest('blob', digest, own)
        return text
      }),
    putBlob: (source, more = {}) => uploadBlob(session, source, more),
    putText(text, signal) {
      const bytes = Buffer.from(text)
      const read = async function* (start: number, end: number) {
        yield bytes.subarray(start, end)
      }
      return uploadBlob(session, { digest: digestOf(text), size: bytes.length, read }, { signal })
    },
    async putManifest(name, { text, mediaType }, signal) {
      const headers = { 'content-type': mediaType }
      const answer = await session.send({ method: 'PUT', path: `manifests/${name}`, headers, body: text, signal })
      answer.body.resume()
    },
    close: () => session.close(),
  }
  return registry

  /** Anew without the mirror that gave what could not be taken; each is left once at most. */
  async function notFrom<T>(
    path: string,
    signal: AbortSignal | undefined,
    isTheirs: (error: unknown) => boolean,
    fetchIt: () => Promise<T>,
  ): Promise<T> {
    for (;;) {
      try {
        return await fetchIt()
      } catch (error) {
        signal?.throwIfAborted()
        if (!isTheirs(error) || !session.doubt(path)) throw error
      }
    }
  }

  function wrongDigest(what: string, expected: string, got: string): ComposeError {
    return new ComposeError(
      'failed_precondition',
      `${what} of ${repository} does not match its digest: expected ${expected}, got ${got}`,
      { hint: 'the registry or a proxy on the way sent something else: pull again' },
    )
  }
}

/** Not cut off, and not what was asked for. */
const isWrong = (error: unknown): boolean => error instanceof ComposeError && error.code === 'failed_precondition'

export const digestOf = (content: string | Uint8Array): string =>
  `sha256:${createHash('sha256').update(content).digest('hex')}`

async function joined(what: string, source: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of source) {
    size += chunk.length
    if (size > largestText) throw new ComposeError('failed_precondition', `${what}: a document of more than 16 MiB`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
