// Files into a container, as a tar: unpacked by a thread whose root is the container's, so that no link in it leads
// to the host's files.
import { randomBytes } from 'node:crypto'
import { createWriteStream, mkdirSync, rmSync } from 'node:fs'
import { join, posix } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ComposeError } from '../../shared/errors.ts'
import type { Lifecycle } from '../containers/life/lifecycle.ts'
import type { Registry } from '../containers/registry.ts'
import { unpackIn } from '../images/layers.ts'
import { close, O, openInRoot } from '../kernel/libc.ts'
import type { Routes } from './router.ts'

export interface ArchiveRoutesOptions {
  registry: Registry
  lifecycle: Lifecycle
  stagingFolder: string
  worker: URL
}

export function archiveRoutes({ registry, lifecycle, stagingFolder, worker }: ArchiveRoutesOptions): Routes {
  return {
    'PUT /containers/{id}/archive': async ({ parameters, query, body }) => {
      const record = registry.get(parameters.id ?? '')
      const base = posix.join('/', query.path ?? '/')
      if (record.host.readonlyRootfs) {
        throw new ComposeError('permission_denied', 'container rootfs is marked read-only')
      }
      mkdirSync(stagingFolder, { recursive: true, mode: 0o700 })
      const archive = join(stagingFolder, randomBytes(8).toString('hex'))
      try {
        await pipeline(body, createWriteStream(archive, { mode: 0o600 }))
        await lifecycle.withRootfs(record, async root => {
          requireFolder(root, base, record.id)
          const result = await unpackIn(worker, { blob: archive, root, options: { base, whiteouts: false } })
          if ('error' in result) throw new ComposeError('internal', `unpacking into ${base} failed: ${result.error}`)
        })
      } finally {
        rmSync(archive, { force: true })
      }
      return { json: '' }
    },
  }
}

function requireFolder(root: string, path: string, id: string): void {
  try {
    close(openInRoot(root, path, O.PATH | O.DIRECTORY))
  } catch (cause) {
    throw new ComposeError('not_found', `Could not find the file ${path} in container ${id}`, { cause })
  }
}
