// Requests for one repository: to the place that answers, with what it wants to be shown, again where a failure may
// pass. INVARIANT: credentials are the registry's own; a mirror never sees them.
import { ComposeError } from '../shared/errors.ts'
import type { Reference } from '../shared/image-reference.ts'
import { authorize } from './authorize.ts'
import type { Credentials } from './credentials.ts'
import { refusal } from './refusal.ts'
import { attempts, isPassing } from './retry.ts'
import type { Certificates, RegistrySettings } from './settings.ts'
import {
  type Answer,
  type Exchange,
  failureOf,
  isLoopback,
  openTransport,
  type Transport,
  type Trust,
} from './transport.ts'

export interface SessionRequest {
  method?: Exchange['method']
  /** Below the repository, below the registry itself with a slash first, or a whole URL that the registry has given. */
  path: string
  headers?: Record<string, string>
  body?: string | AsyncIterable<Uint8Array> | undefined
  /** Other repositories that are read with it. */
  alsoFrom?: string | undefined
  /** What is no refusal; without it 200 to 299. */
  admits?: (status: number) => boolean
  /** A failure is the caller's to see at once: the body can't be sent again. */
  once?: boolean
  signal?: AbortSignal | undefined
}

export interface Session {
  /** The answer's body is to be read or resumed by the caller. */
  send(request: SessionRequest): Promise<Answer>
  /**
   * What came of this path was cut off or wrong: the mirror that gave it is left. False: it was the registry itself.
   */
  doubt(path: string): boolean
  close(): void
}

export interface SessionOptions {
  /** Its repository is empty where the registry itself is asked. */
  reference: Reference
  action: 'pull' | 'push'
  credentials: Credentials | undefined
  settings: RegistrySettings
  insecure: boolean
  env: Readonly<Record<string, string | undefined>>
  patience?: number | undefined
}

interface Place {
  origin: string
  transport: Transport
  credentials: Credentials | undefined
  authorization?: string | undefined
  /** Where several requests are refused at once, one asks for the token. */
  asking?: Promise<string | Answer | undefined> | undefined
  /** A mirror that could not be reached, or has sent what is not whole, is not asked again. */
  lost?: boolean
}

const isGood = (status: number) => status >= 200 && status < 300

export function openSession(options: SessionOptions): Session {
  const { reference, action, settings, env, patience } = options
  const { registry, repository } = reference
  const transports: Transport[] = []
  const own = registryPlaces()
  const mirrors = registry === 'docker.io' && action === 'pull' ? mirrorPlaces() : []
  let chosen: Place | undefined
  /** Mirrors, by what they gave last. */
  const givers = new Map<string, Place>()

  return {
    async send(request) {
      return (await sendToMirrors(request)) ?? (await sendToRegistry(request))
    },
    doubt(path) {
      const place = givers.get(path)
      givers.delete(path)
      if (place) place.lost = true
      return place !== undefined
    },
    close() {
      for (const transport of transports) transport.close()
    },
  }

  function registryPlaces(): Place[] {
    const insecure = options.insecure || isLoopback(registry.replace(/:\d+$/, '')) || settings.isInsecure(registry)
    const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry
    const transport = open({ host, insecure, certificates: settings.certificates(registry) })
    const { credentials } = options
    const schemes = insecure ? ['https', 'http'] : ['https']
    return schemes.map(scheme => ({ origin: `${scheme}://${host}`, transport, credentials }))
  }

  function mirrorPlaces(): Place[] {
    return settings.mirrors.map(origin => {
      const { host, hostname } = new URL(origin)
      const insecure = isLoopback(hostname) || settings.isInsecure(host)
      const transport = open({ host, insecure, certificates: settings.certificates(host) })
      return { origin, transport, credentials: undefined }
    })
  }

  /**
   * Where it sends us, to its token service or its store, only its authorities hold, besides what the settings say of
   * that host: neither is that host insecure because the registry is, nor is our certificate for it.
   */
  function open({ host, insecure, certificates }: { host: string; insecure: boolean; certificates: Certificates }) {
    const trust = (url: URL): Trust => {
      if (url.host === host) return { certificates, insecure }
      const { authorities, client } = settings.certificates(url.host)
      return {
        certificates: { authorities: [...certificates.authorities, ...authorities], ...(client ? { client } : {}) },
        insecure: isLoopback(url.hostname) || settings.isInsecure(url.host),
      }
    }
    const transport = openTransport({ env, trust, patience })
    transports.push(transport)
    return transport
  }

  /** Undefined where none of them has it: the registry itself is asked then. */
  async function sendToMirrors(request: SessionRequest): Promise<Answer | undefined> {
    for (const place of mirrors) {
      if (place.lost) continue
      try {
        const answer = await show(place, request)
        if ((request.admits ?? isGood)(answer.status)) {
          givers.set(request.path, place)
          return answer
        }
        answer.body.resume()
      } catch {
        request.signal?.throwIfAborted()
        place.lost = true
      }
    }
    givers.delete(request.path)
    return undefined
  }

  async function sendToRegistry(request: SessionRequest): Promise<Answer> {
    const { path, signal, admits = isGood, once = false } = request
    const tries = attempts(signal)
    for (;;) {
      let answer: Answer
      try {
        answer = await sendToOwn(request)
      } catch (error) {
        signal?.throwIfAborted()
        // Where nobody has ever answered a second attempt only takes time.
        const isOurs = error instanceof ComposeError && error.code !== 'unavailable'
        if (!isOurs && !once && chosen && (await tries.again())) continue
        throw isOurs ? error : unreachable(request, error)
      }
      if (admits(answer.status)) return answer
      // Of another host: an address that was good for some time only.
      const isExpired = answer.status === 403 && new URL(answer.url).origin !== chosen?.origin
      if (!once && (isPassing(answer.status) || isExpired) && (await tries.again(answer))) {
        answer.body.resume()
        continue
      }
      throw await refusal(answer, { reference, action, path })
    }
  }

  /** To the place that answered before, or to the first that does. */
  async function sendToOwn(request: SessionRequest): Promise<Answer> {
    let failure: unknown
    for (const place of chosen ? [chosen] : own) {
      try {
        const answer = await show(place, request)
        chosen = place
        return answer
      } catch (error) {
        request.signal?.throwIfAborted()
        failure ??= error
        if (error instanceof ComposeError && error.code === 'permission_denied') throw error
      }
    }
    throw failure
  }

  /** With what the place wants to be shown. */
  async function show(place: Place, request: SessionRequest): Promise<Answer> {
    const shown = place.authorization
    const answer = await sendOnce(place, request)
    const challenge = answer.headers['www-authenticate']
    if (answer.status !== 401 || challenge === undefined) return answer
    // Somebody else has asked meanwhile.
    const renewed = place.authorization !== shown
    if (!renewed) {
      place.asking ??= ask(place, challenge, request).finally(() => {
        place.asking = undefined
      })
      const value = await place.asking
      if (typeof value === 'object') {
        answer.body.resume()
        return value
      }
      if (value === undefined) return answer
      place.authorization = value
    }
    // A body that was begun is gone: its owner sends it again.
    if (typeof request.body === 'object') return answer
    answer.body.resume()
    return sendOnce(place, request)
  }

  function ask(place: Place, challenge: string, { signal, alsoFrom }: SessionRequest) {
    const actions = action === 'push' ? 'pull,push' : 'pull'
    const scopes = [
      ...(repository === '' ? [] : [`repository:${repository}:${actions}`]),
      ...(alsoFrom ? [`repository:${alsoFrom}:pull`] : []),
    ]
    const { transport, credentials, origin } = place
    return authorize({ transport, challenge, origin, scopes, credentials, signal }).catch(error => {
      signal?.throwIfAborted()
      if (error instanceof ComposeError) throw error
      throw new ComposeError('unavailable', `the token service of ${registry}: ${failureText(challenge, error)}`, {
        cause: error,
      })
    })
  }

  function sendOnce(place: Place, { method = 'GET', path, headers = {}, body, signal }: SessionRequest) {
    const url = urlOf(place, path)
    // What the registry names on another host gets nothing of what is this host's.
    const authorization = new URL(url).origin === place.origin ? place.authorization : undefined
    return place.transport.send({
      method,
      url,
      headers: { ...headers, ...(authorization ? { authorization } : {}) },
      body,
      signal,
    })
  }

  function urlOf(place: Place, path: string): string {
    if (/^https?:\/\//.test(path)) return path
    return path.startsWith('/') ? place.origin + path : `${place.origin}/v2/${repository}/${path}`
  }

  function unreachable({ method = 'GET', path }: SessionRequest, error: unknown): ComposeError {
    const place = chosen ?? own[0]
    const url = place ? urlOf(place, path) : path
    return new ComposeError('unavailable', failureOf({ method, url }, error), {
      hint: `is ${registry} reachable from here?`,
      cause: error,
    })
  }
}

function failureText(challenge: string, error: unknown): string {
  const realm = /realm="([^"]*)"/.exec(challenge)?.[1] ?? ''
  return URL.canParse(realm) ? failureOf({ method: 'GET', url: realm }, error) : `'${realm}' is no URL`
}
