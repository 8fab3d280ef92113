// A container is made of a request: its record, its folder and its anonymous volumes, all or none.
import { rm } from 'node:fs/promises'
import type { ContainerCreateRequest, ImageConfig } from '../../../docker/protocol/types.ts'
import type { EventBus } from '../../events/bus.ts'
import type { Networks } from '../../networks/networks.ts'
import type { Volumes } from '../../volumes/volumes.ts'
import { containerEvent } from '../events.ts'
import type { RootFileSystems } from '../files/rootfs.ts'
import type { ContainerRecord } from '../record.ts'
import type { Registry } from '../registry.ts'
import { createRecord } from '../request/create-record.ts'

export interface CreationOptions {
  registry: Registry
  rootfs: RootFileSystems
  networks: Networks
  volumes: Volumes
  events: EventBus
  defaultRuntime: string
  image: (ref: string, platform?: string) => { id: string; config: ImageConfig }
  folderOf: (record: ContainerRecord) => string
}

/** `platform`: of the image's the one to take; throws not_found where it has none for it. */
export type Creation = (
  request: ContainerCreateRequest,
  name: string | undefined,
  platform?: string,
) => Promise<ContainerRecord>

export function createCreation(
  { registry, rootfs, networks, volumes, events, defaultRuntime, image, folderOf }: CreationOptions,
  removeAnonymousVolumes: (record: ContainerRecord) => void,
): Creation {
  return async (request, wantedName, platform) => {
    const base = image(request.Image ?? '', platform)
    const name = registry.freeName(wantedName)
    const record = createRecord(request, {
      image: base,
      name,
      networks,
      volumes,
      containerNamed: registry.get,
      imageNamed: ref => image(ref).id,
      defaultRuntime,
    })
    try {
      // In this order a kill in between leaves files without a record, which the next start sweeps.
      rootfs.create(record)
      registry.save(record)
      for (const { anonymous, name: volume } of record.mounts)
        if (anonymous && volume) volumes.markPassing(volume, false)
    } catch (error) {
      registry.drop(record)
      await rm(folderOf(record), { recursive: true, force: true })
      removeAnonymousVolumes(record)
      throw error
    }
    containerEvent(events, record, 'create')
    return record
  }
}
