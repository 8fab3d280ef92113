// Images as the Engine API shows them: a line of the list, inspect, history.
import type {
  ImageHistoryResponseItem,
  ImageInspect,
  ImageManifestSummary,
  ImageSummary,
  OCIDescriptor,
} from '../../docker/protocol/types.ts'
import { type ImageContent, storedManifest } from '../images/content.ts'
import type { Images } from '../images/images.ts'
import { chainIds } from '../images/layers.ts'
import type { ImageRecord } from '../images/record.ts'

/** What is only looked for when somebody asks. */
export interface ShownParts {
  manifests: boolean
  sharedSize: boolean
}

export type UsersOf = (imageId: string) => { id: string }[]

export function summaryView(images: Images, usersOf: UsersOf, record: ImageRecord, shown: ShownParts): ImageSummary {
  const document = images.document(record)
  const content = storedManifest(images, record)
  return {
    Id: record.id,
    ParentId: '',
    RepoTags: images.tagsOf(record),
    RepoDigests: images.digestsOf(record),
    Created: seconds(document.created ?? record.stored),
    Size: sizeOf(images, record),
    SharedSize: shown.sharedSize ? sharedSizeOf(images, record) : -1,
    Labels: document.config?.Labels ?? {},
    Containers: usersOf(record.id).length,
    ...(content ? { Descriptor: descriptorOf(content) } : {}),
    ...(shown.manifests ? { Manifests: manifestsOf(images, usersOf, record, content) } : {}),
  }
}

export function imageInspectView(
  images: Images,
  usersOf: UsersOf,
  record: ImageRecord,
  { manifests }: Pick<ShownParts, 'manifests'>,
): ImageInspect {
  const document = images.document(record)
  const content = storedManifest(images, record)
  return {
    Id: record.id,
    RepoTags: images.tagsOf(record),
    RepoDigests: images.digestsOf(record),
    Parent: '',
    Comment: document.history?.at(-1)?.comment ?? '',
    Created: document.created ?? record.stored,
    DockerVersion: '',
    Author: document.author ?? '',
    Config: document.config ?? {},
    Architecture: document.architecture,
    ...(document.variant ? { Variant: document.variant } : {}),
    Os: document.os,
    Size: sizeOf(images, record),
    GraphDriver: { Name: 'overlayfs', Data: {} },
    RootFS: { Type: 'layers', Layers: record.diffIds },
    Metadata: { LastTagTime: images.lastTagged(record) },
    ...(content ? { Descriptor: descriptorOf(content) } : {}),
    ...(manifests ? { Manifests: manifestsOf(images, usersOf, record, content) } : {}),
  }
}

/** The newest first. Only the image itself has an id: what it was made of may be anywhere. */
export function historyView(images: Images, record: ImageRecord): ImageHistoryResponseItem[] {
  const { history = [] } = images.document(record)
  const chain = chainIds(record.diffIds)
  let layer = 0
  const sizes = history.map(({ empty_layer: isEmpty = false }) => {
    const chainId = isEmpty ? undefined : chain[layer++]
    return chainId === undefined ? 0 : images.layers.sizeOf([chainId])
  })
  return history
    .map(({ created, created_by: CreatedBy = '', comment: Comment = '' }, index) => ({
      Id: '<missing>',
      Created: created === undefined ? 0 : seconds(created),
      CreatedBy,
      Tags: [],
      Size: sizes[index] ?? 0,
      Comment,
    }))
    .reverse()
    .map((item, index) => (index === 0 ? { ...item, Id: record.id, Tags: images.tagsOf(record) } : item))
}

/** Bytes of all files of the layers that any image has. */
export function layersSize(images: Images): number {
  return images.layers.sizeOf([...new Set(images.all().flatMap(({ diffIds }) => chainIds(diffIds)))])
}

const sizeOf = (images: Images, { diffIds }: ImageRecord) => images.layers.sizeOf(chainIds(diffIds))

function sharedSizeOf(images: Images, record: ImageRecord): number {
  const others = images.all().filter(({ id }) => id !== record.id)
  const theirs = new Set(others.flatMap(({ diffIds }) => chainIds(diffIds)))
  return images.layers.sizeOf(chainIds(record.diffIds).filter(chainId => theirs.has(chainId)))
}

const descriptorOf = ({ mediaType, digest, text }: ImageContent): OCIDescriptor => ({
  mediaType,
  digest,
  size: Buffer.byteLength(text),
})

/** One, or none for what was made here and went nowhere yet. */
function manifestsOf(
  images: Images,
  usersOf: UsersOf,
  record: ImageRecord,
  content: ImageContent | undefined,
): ImageManifestSummary[] {
  if (!content) return []
  const { os, architecture, variant } = images.document(record)
  const platform = { os, architecture, ...(variant ? { variant } : {}) }
  const packed = [content.config, ...content.layers].reduce((sum, { size }) => sum + size, 0)
  const unpacked = sizeOf(images, record)
  return [
    {
      ID: content.digest,
      Descriptor: { ...descriptorOf(content), platform },
      Available: true,
      Size: { Content: packed, Total: packed + unpacked },
      Kind: 'image',
      ImageData: {
        Platform: platform,
        Containers: usersOf(record.id).map(({ id }) => id),
        Size: { Unpacked: unpacked },
      },
    },
  ]
}

const seconds = (date: string): number => Math.floor(Date.parse(date) / 1000) || 0
