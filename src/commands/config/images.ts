// The images of a project: their names, and their tags replaced by digests.

import type { Project } from '../../model/project/project.ts'
import type { Service } from '../../model/project/service.ts'
import { newRecord } from '../../model/values/record.ts'
import { parseReference } from '../../shared/image-reference.ts'
import { isTree, type Tree, type Value } from '../../shared/yaml/tree.ts'

/** Of the service, and of steps before it that have their own. */
export function imagesOf(service: Service, projectName: string, separator = '-'): string[] {
  const image = service.image ?? `${projectName}${separator}${service.name}`
  const own = service.preStart.flatMap(({ image: other }) => (other !== undefined && other !== image ? [other] : []))
  return [image, ...own]
}

type Digest = (image: string) => Promise<string>

/** Replaces tags by digests, in place, in a project or in a raw model. */
export async function pinImages(target: Project | Tree, digestOf: Digest): Promise<void> {
  const known = new Map<string, Promise<string>>()
  const pin = (image: string): Promise<string> => {
    let pinned = known.get(image)
    if (pinned === undefined) {
      pinned = pinOne(image, digestOf)
      known.set(image, pinned)
    }
    return pinned
  }
  const services = isRecord(target.services) ? target.services : {}
  for (const service of Object.values(services)) {
    if (!isRecord(service)) continue
    await pinIn(service, 'image', pin)
    for (const hook of listIn(service, 'preStart', 'pre_start')) await pinIn(hook, 'image', pin)
    for (const volume of listIn(service, 'volumes', 'volumes')) {
      const { source } = volume
      if (volume.type === 'image' && !(typeof source === 'string' && source in services))
        await pinIn(volume, 'source', pin)
    }
  }
}

async function pinOne(image: string, digestOf: Digest): Promise<string> {
  if (image === '') return image
  const name = fullName(image)
  return name.includes('@') ? name : `${name}@${await digestOf(image)}`
}

/** With registry and tag; a digest makes the tag superfluous: `nginx` is docker.io/library/nginx:latest. */
export function fullName(image: string): string {
  const { registry, repository, tag = 'latest', digest } = parseReference(image)
  return digest === undefined ? `${registry}/${repository}:${tag}` : `${registry}/${repository}@${digest}`
}

type Fields = Record<string, unknown>

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function listIn(service: Fields, ...keys: string[]): Fields[] {
  const list = keys.map(key => service[key]).find(Array.isArray)
  return Array.isArray(list) ? list.filter(isRecord) : []
}

async function pinIn(place: Fields, key: string, pin: Digest): Promise<void> {
  const image = place[key]
  if (typeof image === 'string') place[key] = await pin(image)
}

/** What a file that only pins images says: for use as an override. */
export function imagesOnly(project: Project): Project {
  const services = newRecord<Service>()
  for (const [name, service] of Object.entries(project.services)) {
    const kept = { ...emptied(service), volumes: service.volumes.filter(({ type }) => type === 'image') }
    services[name] = service.image === undefined ? kept : { ...kept, image: service.image }
  }
  const none = { networks: {}, volumes: {}, secrets: {}, configs: {}, models: {}, extensions: {} }
  return { ...project, ...none, name: '', services }
}

/** Every list and map of the service without entries, and nothing else. */
function emptied(service: Service): Service {
  const entries = Object.entries(service).flatMap(([key, value]): [string, unknown][] => {
    if (Array.isArray(value)) return [[key, key === 'command' || key === 'entrypoint' ? null : []]]
    if (value === null) return [[key, null]]
    const isMap = typeof value === 'object' && Object.getPrototypeOf(value) === null
    return isMap ? [[key, {}]] : []
  })
  return { ...Object.fromEntries(entries), name: service.name } as Service // lists and maps are there, groups may be absent
}

/** The same of a raw model, in place. */
export function imagesOnlyOfModel(model: Tree): void {
  for (const key of Object.keys(model)) if (key !== 'services') delete model[key]
  for (const service of isTree(model.services) ? Object.values(model.services) : []) {
    if (!isTree(service)) continue
    for (const key of Object.keys(service)) {
      if (key === 'image') continue
      const kept = key === 'volumes' && Array.isArray(service.volumes) ? service.volumes.filter(isImageVolume) : []
      if (kept.length > 0) service[key] = kept
      else delete service[key]
    }
  }
}

function isImageVolume(volume: Value): boolean {
  return isTree(volume) && volume.type === 'image'
}
