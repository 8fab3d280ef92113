// What an archive says that it holds: the list of a docker-archive, or the index of an OCI layout. An archive that is both
// is read as a layout, which has the manifests too.
import { readFileSync, statSync } from 'node:fs'
import type { Descriptor, RegistryDocument } from '../../registry/manifest.ts'
import { choosePlatform, hostPlatform } from '../../registry/platform.ts'
import { digestOf } from '../../registry/registry.ts'
import { ComposeError } from '../../shared/errors.ts'
import { familiarTag, parseReference } from '../../shared/image-reference.ts'
import { checkConfig, checkDocument, checkManifest } from './check-manifest.ts'
import type { ImageDocument } from './record.ts'

export interface ArchiveEntry {
  config: { text: string; document: ImageDocument }
  /** Names of files. */
  layers: string[]
  /** As it stands in the archive. */
  manifest?: string
  names: string[]
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
    return {
      config: configOf(files, Config, layers.length),
      layers,
      names: texts(RepoTags ?? [], 'RepoTags').map(name => familiarTag(parseReference(name))),
    }
  })
}

/** One for each image: an index may name it several times, once for each of its names. */
function layoutEntries(files: StagedFiles): ArchiveEntry[] {
  const { manifests = [] } = checkDocument(json(files, 'index.json'), 'index.json')
  const byDigest = new Map<string, ArchiveEntry>()
  for (const descriptor of manifests) {
    const own = imageOf(files, descriptor)
    if (!own) continue
    const known = byDigest.get(own.digest)
    const names = [...new Set([...(known?.names ?? []), ...namesOf(descriptor)])]
    byDigest.set(own.digest, { ...own.entry, names })
  }
  if (byDigest.size === 0) throw refuse('holds no image')
  return [...byDigest.values()]
}

/** Undefined for what goes with an image and is none, such as an attestation. */
function imageOf(
  files: StagedFiles,
  descriptor: Descriptor,
  depth = 0,
): { digest: string; entry: ArchiveEntry } | undefined {
  const { digest } = descriptor
  const text = files.text(blobName(digest))
  const document = checkDocument(parsed(text, digest), digest)
  if (document.manifests) {
    if (depth > 2) throw refuse('has an index in an index in an index')
    const inside = document.manifests.filter(one => files.has(blobName(one.digest)))
    const own = choosePlatform(inside, hostPlatform()) ?? inside.find(isImage)
    return own && imageOf(files, own, depth + 1)
  }
  if (!isImage(descriptor)) return undefined
  return { digest, entry: { ...imageEntry(files, document, digest), manifest: text } }
}

const isImage = ({ annotations = {} }: Descriptor) => annotations['vnd.docker.reference.type'] === undefined

function imageEntry(files: StagedFiles, document: RegistryDocument, digest: string): ArchiveEntry {
  const { config, layers } = checkManifest(document, digest)
  return {
    config: configOf(files, blobName(config.digest), layers.length),
    layers: layers.map(layer => blobName(layer.digest)),
    names: [],
  }
}

function namesOf({ annotations = {} }: Descriptor): string[] {
  const name = annotations['io.containerd.image.name'] ?? annotations['org.opencontainers.image.ref.name']
  // A bare tag says nothing about the repository.
  return name && /[/:]/.test(name) ? [familiarTag(parseReference(name))] : []
}

function configOf(files: StagedFiles, name: string, layerCount: number): ArchiveEntry['config'] {
  const text = files.text(name)
  return { text, document: checkConfig(parsed(text, name), name, layerCount) }
}

const blobName = (digest: string) => `blobs/${digest.replace(':', '/')}`
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
