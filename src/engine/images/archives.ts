// Archives: a root file system as an image of one layer (import), and docker-archive or OCI layout files (load).
import { randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import type { ImageConfig } from '../../docker/protocol/types.ts'
import type { Descriptor, Manifest } from '../../registry/manifest.ts'
import { hostPlatform } from '../../registry/platform.ts'
import { digestOf } from '../../registry/registry.ts'
import { ComposeError } from '../../shared/errors.ts'
import { readTar } from '../../shared/tar/read.ts'
import { applyChanges } from './changes.ts'
import type { ImageDocument, ImageRecord, Images } from './images.ts'
import { chainIds } from './layers.ts'
import type { Lease } from './leases.ts'

/** A root file system's tar, plain or compressed, as an image. */
export async function importRootfs(
  images: Images,
  body: AsyncIterable<Uint8Array>,
  options: { message: string; changes: readonly string[] },
): Promise<ImageRecord> {
  const plain = await decompressed(body)
  using lease = images.lease()
  const { digest, size } = await images.blobs.put(plain, {})
  lease.hold({ blobs: [digest], layers: [digest] })
  await images.layers.unpack(images.blobs.path(digest), digest, [])
  const { os, architecture, variant } = hostPlatform()
  const created = new Date().toISOString()
  const config: ImageConfig = applyChanges({}, options.changes)
  const document: ImageDocument = {
    created,
    architecture,
    os,
    ...(variant ? { variant } : {}),
    config,
    rootfs: { type: 'layers', diff_ids: [digest] },
    history: [{ created, comment: options.message || 'Imported from -' }],
  }
  const configDigest = images.blobs.putText(JSON.stringify(document))
  return images.add(configDigest, [digest], size)
}

/** All images of an archive, with the names it gives them. */
export async function loadArchive(
  images: Images,
  body: AsyncIterable<Uint8Array>,
  folder: string,
): Promise<{ record: ImageRecord; names: string[] }[]> {
  const staging = join(folder, randomBytes(8).toString('hex'))
  mkdirSync(staging, { recursive: true })
  try {
    const files = await stage(await decompressed(body), staging)
    const read = <T>(name: string): T => {
      const path = files.get(name)
      if (!path) throw new ComposeError('invalid_argument', `the archive has no ${name}`)
      // The two formats name their files; their shapes are those of the image specifications.
      return JSON.parse(readFileSync(path, 'utf8')) as T
    }
    const entries = files.has('manifest.json')
      ? read<{ Config: string; RepoTags: string[] | null; Layers: string[] }[]>('manifest.json').map(
          ({ Config, RepoTags, Layers }) => ({ config: Config, layers: Layers, names: RepoTags ?? [] }),
        )
      : ociEntries(read)
    // Images that share a layer name the same file.
    const stored = new Map<string, string>()
    const loaded = []
    using lease = images.lease()
    for (const { config, layers, names } of entries) {
      const record = await takeImage(images, lease, files, stored, config, layers)
      for (const name of names) images.tag(record, name)
      loaded.push({ record, names })
    }
    return loaded
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
}

function ociEntries(read: <T>(name: string) => T) {
  const { manifests } = read<{ manifests: (Descriptor & { annotations?: Record<string, string> })[] }>('index.json')
  const blobPath = (digest: string) => `blobs/${digest.replace(':', '/')}`
  return manifests.map(({ digest, annotations = {} }) => {
    let document = read<Partial<Manifest> & { manifests?: Descriptor[] }>(blobPath(digest))
    if (document.manifests) {
      const { os, architecture } = hostPlatform()
      const own =
        document.manifests.find(({ platform }) => platform?.os === os && platform.architecture === architecture) ??
        document.manifests[0]
      if (own) document = read<Manifest>(blobPath(own.digest))
    }
    if (!document.config || !document.layers) throw new ComposeError('invalid_argument', 'the archive holds no image')
    const name = annotations['io.containerd.image.name'] ?? annotations['org.opencontainers.image.ref.name']
    // A bare tag says nothing about the repository.
    const names = name && /[/:]/.test(name) ? [name] : []
    return {
      config: blobPath(document.config.digest),
      layers: document.layers.map(layer => blobPath(layer.digest)),
      names,
    }
  })
}

async function takeImage(
  images: Images,
  lease: Lease,
  files: ReadonlyMap<string, string>,
  stored: Map<string, string>,
  config: string,
  layerNames: readonly string[],
): Promise<ImageRecord> {
  const pathOf = (name: string): string => {
    const path = files.get(name)
    if (!path) throw new ComposeError('invalid_argument', `the archive has no ${name}`)
    return path
  }
  const text = readFileSync(pathOf(config), 'utf8')
  lease.hold({ blobs: [digestOf(text)] })
  const configDigest = images.blobs.putText(text)
  const { diff_ids: diffIds } = images.blobs.readJson<ImageDocument>(configDigest).rootfs
  lease.hold({ layers: chainIds(diffIds) })
  const contents: string[] = []
  let size = 0
  for (const [index, name] of layerNames.entries()) {
    const path = pathOf(name)
    const digest = stored.get(path) ?? (await images.blobs.put(createReadStream(path), {})).digest
    lease.hold({ blobs: [digest] })
    stored.set(path, digest)
    contents.push(digest)
    size += await images.layers.unpack(images.blobs.path(digest), diffIds[index] ?? '', diffIds.slice(0, index))
  }
  return images.add(configDigest, contents, size)
}

/** Writes the archive's files under names of ours, so that theirs can't lead anywhere. */
async function stage(source: AsyncIterable<Uint8Array>, folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  for await (const { entry, content } of readTar(source)) {
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
  return files
}

async function decompressed(source: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const input = Readable.from(source)
  const first = await new Promise<Buffer>((resolve, reject) => {
    input
      .once('data', chunk => resolve(Buffer.from(chunk)))
      .once('error', reject)
      .once('end', () => resolve(Buffer.alloc(0)))
  })
  input.pause()
  if (first.length < 4) throw new ComposeError('invalid_argument', 'the archive is empty')
  input.unshift(first)
  const isGzip = first[0] === 0x1f && first[1] === 0x8b
  const isZstd = first.readUInt32LE(0) === 0xfd2fb528
  const output = isGzip ? createGunzip() : isZstd ? createZstdDecompress() : new PassThrough()
  input.on('error', error => output.destroy(error))
  return input.pipe(output)
}
