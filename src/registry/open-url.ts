// What a URL of HTTP has, such as an archive to be imported: with redirects and proxies, as registries are asked.
import { ComposeError } from '../shared/errors.ts'
import type { Environment } from './docker-config.ts'
import { type Answer, failureOf, openTransport } from './transport.ts'

export interface OpenUrlOptions {
  env: Environment
  signal?: AbortSignal | undefined
  /** Milliseconds without a byte after which it is given up. */
  patience?: number | undefined
}

/** A text without a scheme is a name of a host and a path, as Docker Engine takes it. The body is as it was sent. */
export async function openUrl(
  text: string,
  { env, signal, patience }: OpenUrlOptions,
): Promise<Pick<Answer, 'body' | 'headers'>> {
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
  return answer
}
