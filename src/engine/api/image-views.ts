// Images as the Engine API shows them: a line of the list, inspect, history.
import type {
  ImageHistoryResponseItem,
  ImageInspect,
  ImageSummary,
  OCIDescriptor,
} from '../../docker/protocol/types.ts'
import { storedManifest } from '../images/content.ts'
import { descriptorOf, type StoredIndex } from '../images/documents.ts'
import type { Images } from '../images/images.ts'
import { chainIds } from '../images/layers.ts'
import type { ImageRecord } from '../images/record.ts'
import { manifestsView } from './image-manifests-view.ts'
import type { UsersOf } from './users-of.ts'

/** What is only looked for when somebody asks. */
export interface ShownParts {
  manifests: boolean
  sharedSize: boolean
}

export async function summaryView(
  images: Images,
  usersOf: UsersOf,
  record: ImageRecord,
  shown: ShownParts,
): Promise<ImageSummary> {
  const document = images.document(record)
  const all = [record, ...othersOf(images, record)]
  return {
    Id: record.id,
    ParentId: '',
    RepoTags: images.tagsOf(record),
    RepoDigests: images.digestsOf(record),
    Created: seconds(document.created ?? record.stored),
    Size: await sizeOf(images, all),
    SharedSize: shown.sharedSize ? await sharedSizeOf(images, record) : -1,
    Labels: document.config?.Labels ?? {},
    Containers: all.flatMap(({ id }) => usersOf(id)).length,
    ...target(images, record, images.indexOf(record.id)),
    ...(shown.manifests ? { Manifests: await manifestsView(images, usersOf, record, images.indexOf(record.id)) } : {}),
  }
}

export async function imageInspectView(
  images: Images,
  usersOf: UsersOf,
  record: ImageRecord,
  { manifests, index }: Pick<ShownParts, 'manifests'> & { index: StoredIndex | undefined },
): Promise<ImageInspect> {
  const document = images.document(record)
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
    Size: await sizeOf(images, [record]),
    GraphDriver: { Name: 'overlayfs', Data: {} },
    RootFS: { Type: 'layers', Layers: record.diffIds },
    Metadata: { LastTagTime: images.lastTagged(record) },
    ...target(images, record, index),
    ...(manifests ? { Manifests: await manifestsView(images, usersOf, record, index) } : {}),
  }
}

/** The newest first. Only the image itself has an id: what it was made of may be anywhere. */
export async function historyView(images: Images, record: ImageRecord): Promise<ImageHistoryResponseItem[]> {
  const { history = [] } = images.document(record)
  const chain = chainIds(record.diffIds)
  let layer = 0
  const below = history.map(({ empty_layer: isEmpty = false }) => (isEmpty ? undefined : chain[layer++]))
  const sizes = await Promise.all(below.map(chainId => images.layers.sizeOf(chainId === undefined ? [] : [chainId])))
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
export function layersSize(images: Images): Promise<number> {
  return images.layers.sizeOf([...new Set(images.all().flatMap(({ diffIds }) => chainIds(diffIds)))])
}

/** Images of other platforms that a name of this one has beside it. */
function othersOf(images: Images, { id }: ImageRecord): ImageRecord[] {
  const index = images.indexOf(id)
  const records = index ? images.entriesOf(index).flatMap(({ record }) => record ?? []) : []
  return records.filter(other => other.id !== id)
}

/** The index where there is one; none of what was made here and went nowhere yet. */
function target(images: Images, record: ImageRecord, index: StoredIndex | undefined): { Descriptor?: OCIDescriptor } {
  const found = index ?? storedManifest(images, record)
  return found ? { Descriptor: descriptorOf(found) } : {}
}

const sizeOf = (images: Images, records: readonly ImageRecord[]) =>
  images.layers.sizeOf([...new Set(records.flatMap(({ diffIds }) => chainIds(diffIds)))])

function sharedSizeOf(images: Images, record: ImageRecord): Promise<number> {
  const others = images.all().filter(({ id }) => id !== record.id)
  const theirs = new Set(others.flatMap(({ diffIds }) => chainIds(diffIds)))
  return images.layers.sizeOf(chainIds(record.diffIds).filter(chainId => theirs.has(chainId)))
}

const seconds = (date: string): number => Math.floor(Date.parse(date) / 1000) || 0
