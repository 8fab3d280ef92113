// What a URL of HTTP has, such as an archive to be imported: with redirects and proxies, as registries are asked.
import { ComposeError } from '../shared/errors.ts'
import type { Environment } from './docker-config.ts'
import { failureOf, openTransport } from './transport.ts'

/** A text without a scheme is a name of a host and a path, as Docker Engine takes it. */
export async function openUrl(
  text: string,
  { env, signal }: { env: Environment; signal?: AbortSignal | undefined },
): Promise<AsyncIterable<Uint8Array>> {
  const url = text.includes('://') ? text : `http://${text}`
  if (!URL.canParse(url) || !/^https?:/.test(url))
    throw new ComposeError('invalid_argument', `'${text}' is not a URL of HTTP`)
  const transport = openTransport({ env })
  try {
    const answer = await transport.send({ method: 'GET', url, signal })
    if (answer.status !== 200) {
      answer.body.destroy()
      throw new ComposeError('unavailable', `${url}: the server answers ${answer.status}`)
    }
    answer.body.once('close', transport.close)
    return answer.body
  } catch (error) {
    transport.close()
    signal?.throwIfAborted()
    if (error instanceof ComposeError) throw error
    throw new ComposeError('unavailable', failureOf({ method: 'GET', url }, error), { cause: error })
  }
}
