// Archives of images, a docker-archive or an OCI layout, taken into the store (load).
import { randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { formatPlatform, isSamePlatform, type Platform } from '../../registry/platform.ts'
import { digestOf } from '../../registry/registry.ts'
import { ComposeError } from '../../shared/errors.ts'
import { readTar } from '../../shared/tar/read.ts'
import {
  type ArchiveEntry,
  type ArchiveImage,
  type ArchiveIndex,
  archiveEntries,
  blobName,
  digestOfName,
  type StagedFiles,
  stagedFiles,
} from './archive-entries.ts'
import { decompressed } from './decompressed.ts'
import type { Images } from './images.ts'
import { chainIds } from './layers.ts'
import type { Lease } from './leases.ts'
import type { ImageRecord } from './record.ts'

export interface LoadOptions {
  /** Where the archive is unpacked. */
  folder: string
  /** Of images for several the one that is taken; undefined: all. */
  platform: Platform | undefined
}

/** All images of an archive, with the names it gives them. */
export async function loadArchive(
  images: Images,
  body: AsyncIterable<Uint8Array>,
  { folder, platform }: LoadOptions,
): Promise<{ record: ImageRecord; names: string[] }[]> {
  const staging = join(folder, randomBytes(8).toString('hex'))
  mkdirSync(staging, { recursive: true })
  try {
    const files = await stage(await decompressed(body), staging)
    const entries = archiveEntries(files).map(entry => (platform ? onlyFor(entry, platform) : entry))
    // Images that share a layer name the same file.
    const stored = new Map<string, string>()
    const loaded = []
    using lease = images.lease()
    for (const entry of entries) {
      // Only a name would keep it.
      const kept = entry.names.length > 0 ? entry.index : undefined
      const index = kept && (await takeIndex(images, lease, files, kept))
      const records = []
      for (const image of entry.images) records.push(await takeImage(images, lease, files, stored, image))
      const [first] = records
      if (!first) continue
      for (const name of entry.names) images.tag(first, name, index)
      const record = images.find(entry.names[0] ?? first.id) ?? first
      images.tell('load', record.id, record.id)
      loaded.push({ record, names: entry.names })
    }
    return loaded
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
}

function onlyFor(entry: ArchiveEntry, platform: Platform): ArchiveEntry {
  const chosen = entry.images.find(image => isSamePlatform(image.platform, platform))
  if (chosen) return { ...entry, images: [chosen] }
  const what = entry.names[0] ?? 'an image of the archive'
  throw new ComposeError(
    'not_found',
    `requested platform (${formatPlatform(platform)}) not found: ${what} has ${entry.images.map(image => formatPlatform(image.platform)).join(', ')}`,
  )
}

/** With what is said of its images. Returns its digest. */
async function takeIndex(
  images: Images,
  lease: Lease,
  files: StagedFiles,
  { text, beside }: ArchiveIndex,
): Promise<string> {
  lease.hold({ blobs: [digestOf(text), ...beside] })
  for (const digest of beside)
    if (!images.blobs.has(digest)) await images.blobs.put(createReadStream(files.pathOf(blobName(digest))), { digest })
  return images.blobs.putText(text)
}

async function takeImage(
  images: Images,
  lease: Lease,
  files: StagedFiles,
  stored: Map<string, string>,
  { config, layers, manifest }: ArchiveImage,
): Promise<ImageRecord> {
  const { text } = config
  lease.hold({ blobs: [digestOf(text), ...(manifest === undefined ? [] : [digestOf(manifest)])] })
  const configDigest = images.blobs.putText(text)
  const { diff_ids: diffIds } = config.document.rootfs
  lease.hold({ layers: chainIds(diffIds) })
  const contents: string[] = []
  for (const [index, name] of layers.entries()) {
    const path = files.pathOf(name)
    const expected = digestOfName(name)
    const digest =
      stored.get(path) ??
      (await images.blobs.put(createReadStream(path), expected === undefined ? {} : { digest: expected })).digest
    lease.hold({ blobs: [digest] })
    stored.set(path, digest)
    contents.push(digest)
    await images.layers.unpack(images.blobs.path(digest), diffIds[index] ?? '', diffIds.slice(0, index))
  }
  if (manifest !== undefined) contents.push(images.blobs.putText(manifest))
  return images.add(configDigest, contents)
}

/** Writes the archive's files under names of ours, so that theirs can't lead anywhere. */
async function stage(source: AsyncIterable<Uint8Array>, folder: string): Promise<StagedFiles> {
  const files = new Map<string, string>()
  for await (const { entry, content } of readTar(source)) {
    if (files.size === mostFiles)
      throw new ComposeError('invalid_argument', `the archive has more than ${mostFiles} files`)
    const name = entry.name.replace(/^\.\//, '')
    if (entry.type === 'file') {
      const path = join(folder, String(files.size))
      await pipeline(Readable.from(content()), createWriteStream(path))
      files.set(name, path)
    } else if (entry.type === 'link' || entry.type === 'symlink') {
      // Older archives link a layer that two images share.
      const target = files.get(join(name, '..', entry.linkName)) ?? files.get(entry.linkName)
      if (target) files.set(name, target)
    }
  }
  return stagedFiles(files)
}

/** Of an archive of images; a root file system has as many as it likes. */
const mostFiles = 100_000
