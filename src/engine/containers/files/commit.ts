// `commit`: what a container has changed, as one more layer on its image.
import { toWire } from '../../../docker/protocol/own-names.ts'
import type { ContainerConfig, ImageConfig } from '../../../docker/protocol/types.ts'
import { familiarName, parseReference } from '../../../shared/image-reference.ts'
import { packStream } from '../../chrooted/pack-stream.ts'
import { applyChanges } from '../../images/changes.ts'
import type { Images } from '../../images/images.ts'
import { chainIds } from '../../images/layers.ts'
import type { ImageDocument, ImageRecord } from '../../images/record.ts'
import type { ContainerRecord } from '../record.ts'

export interface CommitOptions {
  images: Images
  /** Where the container's own folder is. */
  folder: string
  packWorker: URL
  /** Undefined: the image has no name. */
  name: string | undefined
  author: string
  comment: string
  /** Dockerfile instructions. */
  changes: readonly string[]
  /** Over the container's configuration. */
  config: ContainerConfig
}

export async function commitContainer(record: ContainerRecord, options: CommitOptions): Promise<ImageRecord> {
  const { images, folder, packWorker, author, comment, changes } = options
  // Before anything is made of it.
  const reference = options.name === undefined ? undefined : parseReference(options.name)
  const config = applyChanges(imageConfig(record, options.config), changes)
  const base = images.get(record.imageId)
  const document = images.document(base)
  const task = { root: folder, path: '/upper', statOnly: false, name: '', attributes: true, layer: 'changes' } as const
  const { chunks } = await packStream(packWorker, task)
  using lease = images.lease()
  const { digest } = await images.blobs.put(chunks, {})
  const diffIds = [...document.rootfs.diff_ids, digest]
  lease.hold({ blobs: [digest, ...base.blobs], layers: chainIds(diffIds) })
  await images.layers.unpack(images.blobs.path(digest), digest, document.rootfs.diff_ids)
  const created = new Date().toISOString()
  const made: ImageDocument = {
    ...document,
    created,
    ...(author ? { author } : {}),
    config,
    rootfs: { ...document.rootfs, diff_ids: diffIds },
    history: [
      ...(document.history ?? []),
      { created, created_by: record.args.join(' '), ...(author ? { author } : {}), ...(comment ? { comment } : {}) },
    ],
  }
  const image = images.add(images.blobs.putText(JSON.stringify(made)), [...base.blobs, digest])
  if (reference) images.tag(image, `${familiarName(reference)}:${reference.tag || 'latest'}`)
  return image
}

/** Docker Engine's choice of what an image takes over from a container. */
function imageConfig({ config }: ContainerRecord, over: ContainerConfig): ImageConfig {
  const {
    Hostname: _,
    Domainname: __,
    AttachStdin,
    AttachStdout,
    AttachStderr,
    Tty,
    OpenStdin,
    StdinOnce,
    ...own
  } = toWire<ContainerConfig>(config, 'ContainerConfig')
  const { Image, MacAddress, NetworkDisabled, StopTimeout, ...kept } = own
  const wanted = Object.fromEntries(Object.entries(over).filter(([, value]) => value !== undefined && value !== ''))
  return { ...kept, ...wanted }
}
