// Compose files that are not on this disk: git repositories and OCI artifacts. Loading itself never waits:
// it stops at a reference that was not fetched yet, and starts again when it was.

import type { RemoteFiles } from '../context.ts'
import { cacheOf } from './cache.ts'
import type { RemoteOptions } from './remote-options.ts'

/** Fetches what a reference names. */
export interface RemoteLoader {
  accepts(reference: string): boolean
  /** The absolute path of the Compose file. */
  fetch(reference: string): Promise<string>
  folderOf?(path: string): string | undefined
}

/** Thrown through loading, and caught where it can wait. */
class NotFetched extends Error {
  readonly reference: string

  constructor(reference: string) {
    super(`${reference} has not been fetched`)
    this.reference = reference
  }
}

/** Runs `load` until every remote file that it asks for is there. */
export async function withRemoteFiles<T>(loader: RemoteLoader, load: (files: RemoteFiles) => T): Promise<T> {
  const fetched = new Map<string, string>()
  const files: RemoteFiles = {
    accepts: reference => loader.accepts(reference),
    folderOf: path => loader.folderOf?.(path),
    local(reference) {
      const path = fetched.get(reference)
      if (path === undefined) throw new NotFetched(reference)
      return path
    },
  }
  for (;;) {
    try {
      return load(files)
    } catch (error) {
      // A reference that was fetched is never asked for again, so this ends.
      if (!(error instanceof NotFetched)) throw error
      fetched.set(error.reference, await loader.fetch(error.reference))
    }
  }
}

/** The code behind a kind of reference is loaded when the first one is met. */
export function remoteLoader(options: RemoteOptions): RemoteLoader {
  return {
    accepts: reference => isOciReference(reference) || isGitReference(reference),
    folderOf(path) {
      const cache = cacheOf(options)
      if (!path.startsWith(`${cache}/`)) return undefined
      const [folder = ''] = path.slice(cache.length + 1).split('/')
      return `${cache}/${folder}`
    },
    async fetch(reference) {
      if (isOciReference(reference)) return (await import('./oci.ts')).fetchArtifact(reference, options)
      return (await import('./git.ts')).fetchRepository(reference, options)
    },
  }
}

function isOciReference(reference: string): boolean {
  return reference.startsWith('oci://')
}

/** As BuildKit tells them from paths. */
function isGitReference(reference: string): boolean {
  if (/^\.{0,2}\//.test(reference)) return false
  if (/^(?:github\.com\/|git:\/\/|ssh:\/\/)/.test(reference)) return true
  if (/^https?:\/\//.test(reference)) return /^[^?#]*\.git(?:[?#]|$)/.test(reference)
  return /^[\w.-]+@[\w.-]+:/.test(reference)
}
