// What an archive says that it holds: the list of a docker-archive, or the index of an OCI layout. An archive that is both
// is read as a layout, which has the manifests too.
import { readFileSync, statSync } from 'node:fs'
import { attestedBy, type Descriptor, isImage, type RegistryDocument } from '../../registry/manifest.ts'
import type { Platform } from '../../registry/platform.ts'
import { digestOf } from '../../registry/registry.ts'
import { ComposeError } from '../../shared/errors.ts'
import { familiarTag, parseReference } from '../../shared/image-reference.ts'
import { checkConfig, checkDocument, checkManifest } from './check-manifest.ts'
import type { ImageDocument } from './record.ts'

/** One for each target of the archive's names. */
export interface ArchiveEntry {
  names: string[]
  /** As it stands in the archive; the images are those that it lists and that are there whole. */
  index?: ArchiveIndex
  images: [ArchiveImage, ...ArchiveImage[]]
}

export interface ArchiveImage {
  platform: Platform
  config: { text: string; document: ImageDocument }
  /** Names of files. */
  layers: string[]
  /** As it stands in the archive. */
  manifest?: string
}

export interface ArchiveIndex {
  text: string
  /** Digests of what goes with the images: attestations, and what they name. */
  beside: string[]
}

export interface StagedFiles {
  has(name: string): boolean
  /** Throws where the archive has no such file. */
  pathOf(name: string): string
  text(name: string): string
}

/** Of a file that is read as a whole. */
const largestText = 16 * 1024 * 1024

export function stagedFiles(files: ReadonlyMap<string, string>): StagedFiles {
  const pathOf = (name: string): string => {
    const path = files.get(name)
    if (!path) throw refuse(`has no ${name}`)
    return path
  }
  return {
    has: name => files.has(name),
    pathOf,
    text(name) {
      const path = pathOf(name)
      if (statSync(path).size > largestText) throw refuse(`has a ${name} of more than 16 MiB`)
      const text = readFileSync(path, 'utf8')
      const expected = digestOfName(name)
      if (expected !== undefined && digestOf(text) !== expected)
        throw refuse(`has a damaged file: ${name} has the digest ${digestOf(text)}`)
      return text
    },
  }
}

/** What a blob of a layout must have as its digest; undefined for other files. */
export const digestOfName = (name: string): string | undefined => {
  const hex = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(name)?.[1]
  return hex === undefined ? undefined : `sha256:${hex}`
}

export function archiveEntries(files: StagedFiles): ArchiveEntry[] {
  if (files.has('index.json')) return layoutEntries(files)
  return dockerEntries(files)
}

function dockerEntries(files: StagedFiles): ArchiveEntry[] {
  return list(json(files, 'manifest.json'), 'manifest.json').map(item => {
    const { Config, RepoTags, Layers } = (typeof item === 'object' && item !== null ? item : {}) as Record<
      string,
      unknown
    >
    if (typeof Config !== 'string') throw refuse('has a manifest.json without Config')
    const layers = texts(Layers, 'Layers')
    const config = configOf(files, Config, layers.length)
    return {
      images: [{ platform: platformOf(config), config, layers }],
      names: texts(RepoTags ?? [], 'RepoTags').map(name => familiarTag(parseReference(name))),
    }
  })
}

/** One for each target: an index may name it several times, once for each of its names. */
function layoutEntries(files: StagedFiles): ArchiveEntry[] {
  const { manifests = [] } = checkDocument(json(files, 'index.json'), 'index.json')
  const byDigest = new Map<string, ArchiveEntry>()
  for (const descriptor of manifests) {
    const entry = entryOf(files, descriptor)
    if (!entry) continue
    const known = byDigest.get(descriptor.digest)
    byDigest.set(descriptor.digest, {
      ...entry,
      names: [...new Set([...(known?.names ?? []), ...namesOf(descriptor)])],
    })
  }
  if (byDigest.size === 0) throw refuse('holds no image')
  return [...byDigest.values()]
}

/** Undefined for what goes with an image and is none. */
function entryOf(files: StagedFiles, descriptor: Descriptor, depth = 0): Omit<ArchiveEntry, 'names'> | undefined {
  const { digest } = descriptor
  const { text, document } = documentOf(files, digest)
  const { manifests } = document
  if (!manifests) return isImage(descriptor) ? { images: [imageOf(files, descriptor)] } : undefined
  const there = manifests.filter(child => files.has(blobName(child.digest)))
  const isIndex = (child: Descriptor) => documentOf(files, child.digest).document.manifests !== undefined
  const [nested] = there.filter(child => isImage(child) && isIndex(child))
  if (nested) {
    if (depth > 2) throw refuse('has an index in an index in an index')
    return entryOf(files, nested, depth + 1)
  }
  const own = there.filter(isImage)
  const whole = own.filter(child => isWhole(files, child))
  // What is missing of the only one is told by its name.
  const [first, ...others] = (whole.length > 0 ? whole : own.slice(0, 1)).map(child => imageOf(files, child))
  if (!first) return undefined
  const subjects = new Set(whole.map(child => child.digest))
  const beside = there.filter(child => subjects.has(attestedBy(child) ?? '') && isWhole(files, child))
  return {
    index: { text, beside: beside.flatMap(child => [child.digest, ...contentsOf(files, child)]) },
    images: [first, ...others],
  }
}

function documentOf(files: StagedFiles, digest: string): { text: string; document: RegistryDocument } {
  const text = files.text(blobName(digest))
  return { text, document: checkDocument(parsed(text, digest), digest) }
}

function imageOf(files: StagedFiles, { digest, platform }: Descriptor): ArchiveImage {
  const { text, document } = documentOf(files, digest)
  const { config: named, layers } = checkManifest(document, digest)
  const config = configOf(files, blobName(named.digest), layers.length)
  return {
    platform: platform ?? platformOf(config),
    config,
    layers: layers.map(layer => blobName(layer.digest)),
    manifest: text,
  }
}

const isWhole = (files: StagedFiles, descriptor: Descriptor): boolean =>
  contentsOf(files, descriptor).every(digest => files.has(blobName(digest)))

function contentsOf(files: StagedFiles, { digest }: Descriptor): string[] {
  const { config, layers } = checkManifest(documentOf(files, digest).document, digest)
  return [config, ...layers].map(blob => blob.digest)
}

const platformOf = ({ document: { os, architecture, variant } }: ArchiveImage['config']): Platform => ({
  os,
  architecture,
  ...(variant ? { variant } : {}),
})

function namesOf({ annotations }: Descriptor): string[] {
  const name = annotations?.['io.containerd.image.name'] ?? annotations?.['org.opencontainers.image.ref.name']
  // A bare tag says nothing about the repository.
  return name && /[/:]/.test(name) ? [familiarTag(parseReference(name))] : []
}

function configOf(files: StagedFiles, name: string, layerCount: number): ArchiveImage['config'] {
  const text = files.text(name)
  return { text, document: checkConfig(parsed(text, name), name, layerCount) }
}

export const blobName = (digest: string) => `blobs/${digest.replace(':', '/')}`
const json = (files: StagedFiles, name: string): unknown => parsed(files.text(name), name)

function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ComposeError('invalid_argument', `the archive's ${name} is not JSON`, { cause })
  }
}

function list(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value)) throw refuse(`has a ${what} that is no list`)
  return value
}

function texts(value: unknown, what: string): string[] {
  return list(value, what).map(item => {
    if (typeof item !== 'string') throw refuse(`has something in ${what} that is no text`)
    return item
  })
}

const refuse = (what: string): ComposeError => new ComposeError('invalid_argument', `the archive ${what}`)
