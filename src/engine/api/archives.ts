// Files into a container and out of it, as a tar: by a thread whose root is the container's, so that no link in it leads
// to the host's files.
import { randomBytes } from 'node:crypto'
import { createWriteStream, mkdirSync, rmSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { join, posix } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ComposeError } from '../../shared/errors.ts'
import { type Packed, packStream } from '../chrooted/pack-stream.ts'
import type { FoundPath } from '../chrooted/path-stat.ts'
import type { UnpackOptions } from '../chrooted/unpack.ts'
import type { Workers } from '../chrooted/workers.ts'
import { containerEvent } from '../containers/events.ts'
import type { Lifecycle } from '../containers/life/lifecycle.ts'
import { resolveUser } from '../containers/oci/users.ts'
import type { ContainerRecord } from '../containers/record.ts'
import type { Registry } from '../containers/registry.ts'
import type { EventBus } from '../events/bus.ts'
import { unpackIn } from '../images/layers.ts'
import { close, O, openInRoot } from '../kernel/libc.ts'
import type { Routes } from './router.ts'

export interface ArchiveRoutesOptions {
  registry: Registry
  lifecycle: Lifecycle
  events: EventBus
  stagingFolder: string
  workers: Workers
}

export function archiveRoutes({ registry, lifecycle, events, stagingFolder, workers }: ArchiveRoutesOptions): Routes {
  return {
    'HEAD /containers/{id}/archive': async ({ parameters, query }) => {
      const { path, packed } = await packedOf(parameters.id ?? '', query.path, true)
      for await (const _ of packed.chunks) break
      return { text: '', headers: statHeader(path) }
    },

    'GET /containers/{id}/archive': async ({ parameters, query }) => {
      const { path, packed } = await packedOf(parameters.id ?? '', query.path, false)
      return { stream: packed.chunks, contentType: 'application/x-tar', headers: statHeader(path) }
    },

    'GET /containers/{id}/export': async ({ parameters }) => {
      const record = registry.get(parameters.id ?? '')
      const task = { path: '/', statOnly: false, name: '', attributes: true }
      const packed = await lifecycle.readRootfs(record, false, root => packStream(workers.pack, { root, ...task }))
      containerEvent(events, record, 'export')
      return { stream: packed.chunks, contentType: 'application/x-tar' }
    },

    'PUT /containers/{id}/archive': async ({ parameters, query, body }) => {
      const record = registry.get(parameters.id ?? '')
      const { path = '/', copyUIDGID, noOverwriteDirNonDir } = query
      const options = { base: posix.join('/', path), whiteouts: false, keepKinds: noOverwriteDirNonDir }
      await unpackInto(record, body, options, copyUIDGID)
      return { json: '' }
    },

    'POST /x/sync': async ({ query, body }) => {
      await unpackInto(registry.get(query.container ?? ''), body, { base: '/', whiteouts: true }, false)
      return { json: '' }
    },
  }

  /** `toItsUser`: everything is to belong to whom the container runs as. */
  async function unpackInto(
    record: ContainerRecord,
    body: IncomingMessage,
    options: UnpackOptions,
    toItsUser: boolean,
  ): Promise<void> {
    const user = record.config.user ?? ''
    if (record.host.readonlyRootfs) throw new ComposeError('permission_denied', 'container rootfs is marked read-only')
    mkdirSync(stagingFolder, { recursive: true, mode: 0o700 })
    const archive = join(stagingFolder, randomBytes(8).toString('hex'))
    try {
      await pipeline(body, createWriteStream(archive, { mode: 0o600 }))
      await lifecycle.withRootfs(record, async root => {
        requireFolder(root, options.base, record.id)
        const { uid, gid } = resolveUser(root, user, [])
        const owner = toItsUser && user ? { uid, gid } : undefined
        const result = await unpackIn(workers.unpack, { blob: archive, root, options: { ...options, owner } })
        if ('error' in result) throw unpackingFailed(options.base, result.error)
      })
    } finally {
      rmSync(archive, { force: true })
    }
  }

  async function packedOf(
    id: string,
    asked: string | undefined,
    statOnly: boolean,
  ): Promise<{ path: FoundPath; packed: Packed }> {
    if (!asked) throw new ComposeError('invalid_argument', 'missing parameter: path')
    const record = registry.get(id)
    const task = { path: asked, statOnly, attributes: true }
    const packed = await lifecycle.readRootfs(record, true, root => packStream(workers.pack, { root, ...task }))
    if (packed.found) return { path: packed.found, packed }
    for await (const _ of packed.chunks) break
    throw new ComposeError('not_found', `Could not find the file ${asked} in container ${record.id}`)
  }
}

const unpackingFailed = (base: string, error: string): ComposeError =>
  error.startsWith('cannot overwrite')
    ? new ComposeError('invalid_argument', error)
    : new ComposeError('internal', `unpacking into ${base} failed: ${error}`)

const statHeader = ({ stat }: FoundPath) => ({
  'X-Docker-Container-Path-Stat': Buffer.from(JSON.stringify(stat)).toString('base64'),
})

function requireFolder(root: string, path: string, id: string): void {
  try {
    close(openInRoot(root, path, O.PATH | O.DIRECTORY))
  } catch (cause) {
    throw new ComposeError('not_found', `Could not find the file ${path} in container ${id}`, { cause })
  }
}
