// What a URL of HTTP has, such as an archive to be imported: with redirects and proxies, as registries are asked.
import { pipeline, type Readable } from 'node:stream'
import { atMost, refuseLonger } from '../shared/at-most.ts'
import { ComposeError } from '../shared/errors.ts'
import type { Environment } from './docker-config.ts'
import { type Answer, failureOf, openTransport } from './transport.ts'

export interface OpenUrlOptions {
  env: Environment
  signal?: AbortSignal | undefined
  /** Milliseconds without a byte after which it is given up. */
  patience?: number | undefined
  /** Bytes; what is longer is refused by name. */
  limit?: number | undefined
}

/** Nobody means to bring more into an image at once; a server that never ends would fill the disk. */
const largestDownload = 16 * 1024 ** 3

/** A text without a scheme is a name of a host and a path, as Docker Engine takes it. The body is as it was sent. */
export async function openUrl(
  text: string,
  { env, signal, patience, limit = largestDownload }: OpenUrlOptions,
): Promise<{ body: Readable; headers: Answer['headers'] }> {
  const url = text.includes('://') ? text : `http://${text}`
  if (!URL.canParse(url) || !/^https?:/.test(url))
    throw new ComposeError('invalid_argument', `'${text}' is not a URL of HTTP`)
  const transport = openTransport({ env, patience })
  const answer = await transport.send({ method: 'GET', url, signal }).catch(error => {
    transport.close()
    signal?.throwIfAborted()
    const code = error instanceof ComposeError ? error.code : 'unavailable'
    throw new ComposeError(code, failureOf({ method: 'GET', url }, error), { cause: error })
  })
  answer.body.once('close', transport.close)
  if (answer.status !== 200) {
    answer.body.destroy()
    throw new ComposeError('unavailable', `${url}: the server answers ${answer.status}`)
  }
  try {
    refuseLonger(Number(answer.headers['content-length'] ?? 0), limit, url)
  } catch (error) {
    answer.body.destroy()
    throw error
  }
  // What fails, its reader meets.
  const body = pipeline(
    answer.body,
    source => atMost(source, limit, url),
    () => {},
  )
  return { body, headers: answer.headers }
}
