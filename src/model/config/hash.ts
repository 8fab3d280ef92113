// Configuration hashes: the value of the label com.docker.compose.config-hash, by which a container, network
// or volume is known to be as the files say. The same as Docker Compose's: sha256 over Go's JSON.
import { createHash } from 'node:crypto'
import type { Kind, Output } from '../attributes/kinds/kind.ts'
import { makeNetwork, makeVolume } from '../attributes/shapes/resources.ts'
import { makeService } from '../attributes/shapes/service.ts'
import type { Network, Volume } from '../project/project.ts'
import type { Service } from '../project/service.ts'
import { writeJson } from './json.ts'

let serviceKind: Kind<Omit<Service, 'name' | 'configHash'>> | undefined

/** What only says how to build, how many, or in which order does not count. */
export function serviceHash(service: Omit<Service, 'configHash'>): string {
  serviceKind ??= makeService()
  const nothing = { build: undefined, pullPolicy: undefined, scale: undefined }
  const changes = { ...nothing, dependsOn: {}, profiles: [] as string[] }
  const deploy = service.deploy && overlay(service.deploy, { replicas: undefined })
  return sha256(serviceKind.json(overlay(service, { ...changes, deploy })))
}

export function networkHash(network: Omit<Network, 'configHash'>): string {
  return sha256(makeNetwork().json(network))
}

export function volumeHash(volume: Omit<Volume, 'configHash'>): string {
  return sha256(makeVolume().json(overlay(volume, { driver: volume.driver ?? 'local' })))
}

/** The object with some properties hidden. Nothing is copied: reading all of them would compute its hash. */
function overlay<T extends object>(base: T, changes: Readonly<Record<string, unknown>>): T {
  return Object.assign(Object.create(base), changes) as T // what is not changed is the base's
}

function sha256(output: Output | undefined): string {
  return createHash('sha256')
    .update(writeJson(output ?? null))
    .digest('hex')
}
