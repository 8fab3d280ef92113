// A blob into a registry (distribution-spec, pushing blobs): nothing that is there already, nothing twice. What was cut
// off goes on where the registry says that it ended.
import { ComposeError } from '../shared/errors.ts'
import { attempts } from './retry.ts'
import type { Session } from './session.ts'
import type { Answer } from './transport.ts'

export interface BlobSource {
  digest: string
  size: number
  /** Its bytes from `start` up to `end`, which is behind the last. */
  read(start: number, end: number): AsyncIterable<Uint8Array>
}

/** How a blob came there. */
export type Arrival = { kind: 'there' } | { kind: 'mounted'; from: string } | { kind: 'sent' }

export interface UploadOptions {
  /** Another repository of the same registry that is known to have it. */
  from?: string | undefined
  onBytes?: ((sent: number) => void) | undefined
  signal?: AbortSignal | undefined
}

/** A registry that refuses a piece as too large is sent smaller ones, down to this. */
const smallestPiece = 4 * 1024 * 1024

export async function uploadBlob(
  session: Session,
  source: BlobSource,
  { from, onBytes, signal }: UploadOptions,
): Promise<Arrival> {
  const { digest, size } = source
  if (await isThere()) return { kind: 'there' }
  if (from !== undefined) {
    const answer = await begin(`?mount=${encodeURIComponent(digest)}&from=${encodeURIComponent(from)}`, from)
    if (answer.status === 201) return { kind: 'mounted', from }
    await sendAll(placeOf(answer))
  } else await sendAll(placeOf(await begin('')))
  return { kind: 'sent' }

  async function isThere(): Promise<boolean> {
    const admits = (status: number) => status === 200 || status === 404
    const answer = await session.send({ method: 'HEAD', path: `blobs/${digest}`, admits, signal })
    answer.body.resume()
    return answer.status === 200
  }

  async function begin(query: string, alsoFrom?: string): Promise<Answer> {
    const headers = { 'content-length': '0' }
    const admits = (status: number) => status === 201 || status === 202
    const answer = await session.send({
      method: 'POST',
      path: `blobs/uploads/${query}`,
      headers,
      alsoFrom,
      admits,
      signal,
    })
    answer.body.resume()
    return answer
  }

  async function sendAll(first: string): Promise<void> {
    const tries = attempts(signal)
    let place = first
    let sent = 0
    let piece = size
    while (sent < size) {
      try {
        const end = Math.min(size, sent + piece)
        const answer = await session.send({
          method: 'PATCH',
          path: place,
          headers: {
            'content-type': 'application/octet-stream',
            'content-length': String(end - sent),
            'content-range': `${sent}-${end - 1}`,
          },
          body: counted(source.read(sent, end), sent),
          admits: status => status === 202 || status === 413,
          once: true,
          signal,
        })
        answer.body.resume()
        if (answer.status === 413) {
          if (piece <= smallestPiece)
            throw new ComposeError('failed_precondition', `the registry refuses ${digest} as too large (413)`)
          piece = smaller(piece)
          continue
        }
        place = placeOf(answer)
        sent = end
        tries.progressed()
      } catch (error) {
        signal?.throwIfAborted()
        if (!isWorthAnother(error) || !(await tries.again())) throw error
        const state = await ask(place)
        if (state) {
          if (state.sent > sent) tries.progressed()
          else piece = smaller(piece)
          ;({ place, sent } = state)
        } else {
          piece = smaller(piece)
          place = placeOf(await begin(''))
          sent = 0
        }
      }
    }
    const answer = await session.send({
      method: 'PUT',
      path: withDigest(place),
      headers: { 'content-length': '0' },
      // An answer that was lost is asked for again, when the upload is gone.
      admits: status => status === 201 || status === 204 || status === 404,
      signal,
    })
    answer.body.resume()
    if (answer.status === 404 && !(await isThere()))
      throw new ComposeError('unavailable', `the registry has lost the upload of ${digest}`, { hint: 'push again' })
  }

  /** How far the registry has come; undefined where it knows nothing of the upload any more. */
  async function ask(place: string): Promise<{ place: string; sent: number } | undefined> {
    const admits = (status: number) => status === 204 || status === 202 || status === 404 || status === 400
    const answer = await session.send({ path: place, admits, signal })
    answer.body.resume()
    if (answer.status === 404 || answer.status === 400) return undefined
    const last = /^(?:bytes=)?0-(\d+)$/.exec(String(answer.headers.range ?? ''))?.[1]
    // `0-0` is what registries say of an upload that has nothing yet, and of one byte.
    const sent = last === undefined || last === '0' ? 0 : Number(last) + 1
    return { place: answer.headers.location ? placeOf(answer) : place, sent: Math.min(sent, size) }
  }

  async function* counted(bytes: AsyncIterable<Uint8Array>, start: number): AsyncGenerator<Uint8Array> {
    let count = start
    for await (const chunk of bytes) {
      count += chunk.length
      onBytes?.(count)
      yield chunk
    }
  }

  function withDigest(place: string): string {
    const url = new URL(place)
    url.searchParams.set('digest', digest)
    return url.href
  }
}

/** Some proxies cut what is too large for them without a word. */
const smaller = (piece: number): number => Math.max(smallestPiece, Math.ceil(piece / 4))

/** Where the upload goes on; the registry may name it without its own host. */
function placeOf({ headers, url }: Answer): string {
  const place = headers.location === undefined ? undefined : URL.parse(headers.location, url)
  if (!place) throw new ComposeError('unavailable', `${url}: the registry does not say where the upload goes on`)
  return place.href
}

/** A cut connection, a fault that may pass, a token that has expired. */
const isWorthAnother = (error: unknown): boolean =>
  error instanceof ComposeError && (error.code === 'unavailable' || error.code === 'permission_denied')
