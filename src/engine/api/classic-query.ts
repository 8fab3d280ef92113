// What docker's own clients send with POST /build beyond the API document: lists and limits of RUN.
import type { HostConfig } from '../../docker/protocol/types.ts'
import { ComposeError } from '../../shared/errors.ts'

export interface ClassicExtras {
  extraHosts: string[]
  ulimits: NonNullable<HostConfig['Ulimits']>
  cgroupParent: string | undefined
}

export interface ClassicDocumented {
  version: string | undefined
  /** The document knows the parameter once. */
  firstHosts: string | undefined
}

/** `url` as it was asked for. Throws not_implemented for what would be left out, by name. */
export function readClassicExtras(url: string | undefined, { version, firstHosts }: ClassicDocumented): ClassicExtras {
  const search = new URL(url ?? '/', 'http://engine').searchParams
  if (version === '2' || search.get('session'))
    throw new ComposeError('not_implemented', 'BuildKit sessions (version=2) are not served by this engine', {
      hint: 'DOCKER_BUILDKIT=0 has the docker CLI use the classic route, and tsc-compose build needs neither',
    })
  for (const name of ['cpusetmems', 'isolation'])
    if (search.get(name))
      throw new ComposeError('not_implemented', `POST /build: the parameter '${name}' is not supported by this engine`)
  return {
    // Once for each, or with commas.
    extraHosts:
      firstHosts === undefined ? [] : search.getAll('extrahosts').flatMap(text => text.split(',').filter(Boolean)),
    ulimits: ulimitsOf(search.get('ulimits')),
    cgroupParent: search.get('cgroupparent') || undefined,
  }
}

function ulimitsOf(text: string | null): ClassicExtras['ulimits'] {
  if (!text) return []
  try {
    const found: unknown = JSON.parse(text)
    // What is wrong inside of one is told where containers are made.
    if (Array.isArray(found)) return found as ClassicExtras['ulimits']
    if (found === null) return []
  } catch {
    // Told below.
  }
  throw new ComposeError('invalid_argument', 'ulimits is not a JSON list')
}
