// A blob as it comes from a registry. What was cut off goes on where it ended; what was read is never read again.
import { ComposeError, messageOf } from '../shared/errors.ts'
import { attempts } from './retry.ts'
import type { Session } from './session.ts'

export interface Wanted {
  digest: string
  /** What the manifest says; undefined where nobody knows. */
  size?: number | undefined
  /** So many bytes are there already, and don't come. */
  start?: number | undefined
}

/** Throws when there is more than the manifest says, or less after many attempts. Its digest is the reader's to check. */
export async function* downloadBlob(
  session: Session,
  { digest, size, start: begin = 0 }: Wanted,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const tries = attempts(signal)
  let got = begin
  const path = `blobs/${digest}`
  for (;;) {
    const answer = await session.send({
      path,
      headers: got > 0 ? { range: `bytes=${got}-` } : {},
      // 416: it has nothing behind what is there already.
      admits: status => status === 200 || status === 206 || (got > 0 && status === 416),
      signal,
    })
    const expected = size ?? contentLength(got, answer.headers)
    const start = answer.status === 206 ? rangeStart(answer.headers['content-range']) : 0
    let failure: unknown
    if (answer.status === 416 || start > got) answer.body.destroy()
    else {
      let skip = got - start
      try {
        for await (const given of answer.body) {
          // A stream of bytes without an encoding.
          const chunk: Buffer = given
          const piece = skip > 0 ? chunk.subarray(Math.min(skip, chunk.length)) : chunk
          skip -= chunk.length - piece.length
          if (piece.length === 0) continue
          got += piece.length
          if (size !== undefined && got > size)
            throw new ComposeError(
              'failed_precondition',
              `${digest}: the registry sends more than the ${size} bytes of its manifest`,
            )
          tries.progressed()
          yield piece
        }
      } catch (error) {
        signal?.throwIfAborted()
        if (error instanceof ComposeError && error.code === 'failed_precondition') throw error
        failure = error
      } finally {
        answer.body.destroy()
      }
    }
    if (failure === undefined && (expected === undefined || got >= expected)) return
    if (session.doubt(path) || (await tries.again())) continue
    throw new ComposeError(
      'unavailable',
      `${digest}: only ${got} of ${expected ?? 'its'} bytes came${failure ? `: ${messageOf(failure)}` : ''}`,
      { hint: 'the registry or a proxy on the way cuts connections: pull again', cause: failure },
    )
  }
}

/** `bytes 100-199/200` */
const rangeStart = (text: string | undefined): number =>
  Number(/^bytes (\d+)-/.exec(text ?? '')?.[1] ?? Number.NaN) || 0

function contentLength(got: number, { 'content-length': length }: { 'content-length'?: string | undefined }) {
  return length === undefined || got > 0 ? undefined : Number(length)
}
