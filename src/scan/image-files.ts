// The package databases of an image, from the archive of `docker save` as it passes: layers come in any order and before
// the list of them, so what each has of interest is kept until then. Nothing else is.
import { Readable } from 'node:stream'
import { compressionIn, decompressor } from '../shared/compression.ts'
import { ComposeError } from '../shared/errors.ts'
import { blockSize, isTarHead, readTar, type TarEntry } from '../shared/tar/read.ts'
import { isUnread, isWanted } from './databases.ts'

/** A database of more is none. */
const largestFile = 256 * 1024 * 1024
const largestManifest = 4 * 1024 * 1024

/** What a layer says of paths, all without a leading slash. */
interface LayerFiles {
  /** null: it is there and was not kept. */
  kept: Map<string, Buffer | null>
  /** Deleted, or replaced by something that is no folder. */
  gone: string[]
  /** Folders that hide what lower layers have in them. */
  emptied: string[]
}

/** Files by path as a container of the image sees them. */
export async function imageFiles(archive: AsyncIterable<Uint8Array>): Promise<Map<string, Buffer | null>> {
  const layers = new Map<string, LayerFiles>()
  const links = new Map<string, string>()
  let manifest: string | undefined
  for await (const { entry, content } of readTar(archive)) {
    const name = entry.name.replace(/^\.\//, '')
    // Docker before 25 has a layer of several images once, and links to it.
    if (entry.type === 'symlink') links.set(name, joined(name, entry.linkName))
    else if (name === 'manifest.json') manifest = (await bytes(content(), entry.size, largestManifest))?.toString()
    else if (entry.type === 'file' && entry.size > 0) {
      const layer = await openLayer(content())
      if (layer) layers.set(name, await layerFiles(layer))
    }
  }
  if (manifest === undefined)
    throw new ComposeError('invalid_argument', "the engine's archive of the image has no manifest.json")
  const files = new Map<string, Buffer | null>()
  for (const name of layerNames(manifest)) {
    const layer = layers.get(links.get(name) ?? name)
    if (!layer) throw new ComposeError('invalid_argument', `the engine's archive of the image has no layer ${name}`)
    putOn(files, layer)
  }
  return files
}

/** Of the first image: an archive of one was asked for. */
function layerNames(manifest: string): string[] {
  // The archive's form is the engine's; a layer that isn't there is told.
  const [first] = JSON.parse(manifest) as { Layers?: string[] | null }[]
  return first?.Layers ?? []
}

/** Undefined for what is no layer: configurations and manifests lie beside them. */
async function openLayer(content: AsyncGenerator<Buffer>): Promise<AsyncIterable<Uint8Array> | undefined> {
  let head: Buffer = Buffer.alloc(0)
  while (head.length < 512) {
    const { value, done } = await content.next()
    if (done) break
    head = Buffer.concat([head, value])
  }
  const whole = (async function* () {
    yield head
    yield* content
  })()
  const compression = compressionIn(head)
  if (compression !== 'none') return Readable.from(whole).compose(decompressor(compression))
  const isTar = isTarHead(head) || (head.length >= blockSize && head.every(byte => byte === 0))
  return isTar ? whole : undefined
}

async function layerFiles(layer: AsyncIterable<Uint8Array>): Promise<LayerFiles> {
  const kept = new Map<string, Buffer | null>()
  const gone: string[] = []
  const emptied: string[] = []
  for await (const { entry, content } of readTar(layer)) {
    const path = entry.name.replace(/^(?:\.?\/)+/, '')
    const at = path.lastIndexOf('/') + 1
    const [folder, base] = [path.slice(0, at), path.slice(at)]
    if (base === '.wh..wh..opq') emptied.push(folder)
    else if (base.startsWith('.wh.')) gone.push(folder + base.slice(4))
    else {
      if (entry.type === 'symlink') gone.push(path)
      const found = await contentOf(entry, path, content, kept)
      if (found !== undefined) kept.set(path, found)
    }
  }
  return { kept, gone, emptied }
}

async function contentOf(
  entry: TarEntry,
  path: string,
  content: () => AsyncGenerator<Buffer>,
  kept: ReadonlyMap<string, Buffer | null>,
): Promise<Buffer | null | undefined> {
  if (entry.type !== 'file' && entry.type !== 'link') return undefined
  if (isUnread(path)) return null
  if (!isWanted(path)) return undefined
  // A hard link's other name stands before it in its layer.
  if (entry.type === 'link') return kept.get(entry.linkName.replace(/^(?:\.?\/)+/, '')) ?? null
  return bytes(content(), entry.size, largestFile)
}

/** null for what is too large. */
async function bytes(content: AsyncGenerator<Buffer>, size: number, most: number): Promise<Buffer | null> {
  if (size > most) return null
  const pieces: Buffer[] = []
  // The reader's pieces are views of what it goes on to use.
  for await (const piece of content) pieces.push(Buffer.from(piece))
  return Buffer.concat(pieces)
}

function putOn(files: Map<string, Buffer | null>, { kept, gone, emptied }: LayerFiles): void {
  const hidden = new Set(gone)
  const isBelow = (path: string) => {
    for (let at = path.length; at > 0; at = path.lastIndexOf('/', at - 1))
      if (hidden.has(path.slice(0, at))) return true
    return emptied.some(folder => path.startsWith(folder))
  }
  for (const path of [...files.keys()]) if (isBelow(path)) files.delete(path)
  for (const [path, content] of kept) files.set(path, content)
}

/** `a/b/layer.tar` with `../c/layer.tar`. */
function joined(name: string, target: string): string {
  const parts = name.split('/').slice(0, -1)
  for (const part of target.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '.') parts.push(part)
  }
  return parts.join('/')
}
