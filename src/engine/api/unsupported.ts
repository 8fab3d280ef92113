// Query parameters that the API document has and this engine can't honour: refused by name where they ask for
// something, instead of being ignored.
import { ComposeError } from '../../shared/errors.ts'

export const unsupported: Readonly<Record<string, readonly string[]>> = {
  'GET /containers/json': ['size'],
  'GET /containers/{id}/json': ['size'],
  'POST /containers/{id}/start': ['detachKeys'],
  'POST /containers/{id}/attach': ['detachKeys'],
  'DELETE /containers/{id}': ['link'],
  'POST /build/prune': ['min-free-space'],
}

/**
 * What asks for nothing that this engine could leave out: it has no intermediate images or containers of builds, one
 * network scope, no plugins.
 */
export const withoutMeaning: Readonly<Record<string, readonly string[]>> = {
  'DELETE /images/{name}': ['noprune'],
  'GET /images/json': ['all', 'digests'],
  'GET /networks/{id}': ['verbose', 'scope'],
  'GET /plugins': ['filters'],
  'POST /images/load': ['quiet'],
  'POST /build': ['rm', 'forcerm'],
}

export function refuseUnsupported(key: string, query: Readonly<Record<string, unknown>>): void {
  const asked = unsupported[key]?.find(name => {
    const value = query[name]
    return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false
  })
  if (asked === undefined) return
  throw new ComposeError('not_implemented', `${key}: the parameter '${asked}' is not supported by this engine`)
}

/** Docker Engine's answer to all of a swarm's requests when it is in none. */
const swarmTags = new Set(['Swarm', 'Node', 'Service', 'Task', 'Secret', 'Config'])

/** The error for an operation that is described and not served. */
export function notServed(key: string, tag: string): ComposeError {
  if (key === 'POST /swarm/leave') return new ComposeError('unavailable', 'This node is not part of a swarm')
  return swarmTags.has(tag)
    ? new ComposeError(
        'unavailable',
        'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
      )
    : new ComposeError('not_implemented', `${key} is not supported by this engine`)
}
