// Manifests and configurations come from anybody: what the rest of the engine counts on is checked here, once.
import type { Descriptor, Manifest, RegistryDocument } from '../../registry/manifest.ts'
import { ComposeError } from '../../shared/errors.ts'
import type { ImageDocument } from './record.ts'

/** overlayfs takes no more lower folders. */
export const mostLayers = 500
/** Of a configuration, which is read as a whole. */
const largestConfig = 16 * 1024 * 1024
const mostManifests = 10_000

/** `what` is how the image is called in errors. */
export function checkDocument(document: unknown, what: string): RegistryDocument {
  const { mediaType, manifests, config, layers } = record(document, what, 'the manifest')
  if (mediaType !== undefined && typeof mediaType !== 'string') throw refuse(what, 'mediaType is no text')
  if (manifests !== undefined) {
    const entries = list(manifests, what, 'manifests')
    if (entries.length > mostManifests) throw refuse(what, `an index of more than ${mostManifests} manifests`)
    for (const entry of entries) checkDescriptor(entry, what, 'manifests')
  }
  if (config !== undefined) {
    const { size } = checkDescriptor(config, what, 'config')
    if (size > largestConfig) throw refuse(what, `a configuration of ${size} bytes, more than 16 MiB`)
  }
  if (layers !== undefined) {
    const entries = list(layers, what, 'layers')
    if (entries.length > mostLayers) throw refuse(what, `${entries.length} layers, more than ${mostLayers}`)
    for (const layer of entries) checkDescriptor(layer, what, 'layers')
  }
  // Just checked, as far as it is read.
  return document as RegistryDocument
}

export function checkManifest(document: RegistryDocument, what: string): Manifest {
  const { schemaVersion, mediaType, config, layers } = document
  if (schemaVersion === 2 && config && layers) return { ...(mediaType ? { mediaType } : {}), config, layers }
  throw new ComposeError(
    'not_implemented',
    `${what}: the registry offers a manifest of an unknown kind (${mediaType ?? 'no media type'})`,
  )
}

function checkDescriptor(value: unknown, what: string, where: string): Descriptor {
  const { digest, size, mediaType, platform, annotations } = record(value, what, where)
  if (typeof digest !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(digest))
    throw refuse(what, `${where}: ${JSON.stringify(digest)?.slice(0, 100)} is no sha256 digest`)
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw refuse(what, `${where}: ${JSON.stringify(size)?.slice(0, 100)} is no size`)
  if (mediaType !== undefined && typeof mediaType !== 'string') throw refuse(what, `${where}: mediaType is no text`)
  if (annotations !== undefined && annotations !== null) record(annotations, what, `${where}: annotations`)
  if (platform !== undefined) {
    const { os, architecture, variant } = record(platform, what, `${where}: platform`)
    for (const part of [os, architecture, variant])
      if (part !== undefined && typeof part !== 'string')
        throw refuse(what, `${where}: platform has a part that is no text`)
  }
  // Just checked.
  return value as Descriptor
}

/** An image's configuration, which has to fit its manifest. */
export function checkConfig(value: unknown, what: string, layerCount: number): ImageDocument {
  const { os, architecture, rootfs, config, history } = record(value, what, 'the configuration')
  for (const [name, part] of [
    ['os', os],
    ['architecture', architecture],
  ] as const)
    if (part !== undefined && typeof part !== 'string') throw refuse(what, `the configuration's ${name} is no text`)
  const diffIds = list(record(rootfs, what, "the configuration's rootfs").diff_ids ?? [], what, 'diff_ids')
  for (const diffId of diffIds)
    if (typeof diffId !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(diffId))
      throw refuse(what, `${JSON.stringify(diffId)?.slice(0, 100)} is no diff id`)
  if (diffIds.length !== layerCount) throw refuse(what, 'manifest and configuration disagree on the number of layers')
  if (config !== undefined && config !== null) checkRunConfig(record(config, what, 'config'), what)
  if (history !== undefined && history !== null)
    for (const entry of list(history, what, 'history')) record(entry, what, 'history')
  // Just checked, as far as it is read.
  return value as ImageDocument
}

function checkRunConfig(config: Record<string, unknown>, what: string): void {
  for (const name of ['Cmd', 'Entrypoint', 'Env', 'Shell', 'OnBuild']) {
    const value = config[name]
    if (value === undefined || value === null) continue
    if (list(value, what, name).some(item => typeof item !== 'string'))
      throw refuse(what, `${name} is no list of texts`)
  }
  for (const name of ['User', 'WorkingDir', 'StopSignal'])
    if (typeof (config[name] ?? '') !== 'string') throw refuse(what, `${name} is no text`)
  for (const name of ['Labels', 'ExposedPorts', 'Volumes'])
    if (config[name] !== undefined && config[name] !== null) record(config[name], what, name)
  const labels = Object.values((config.Labels ?? {}) as Record<string, unknown>) // an object, as was just seen
  if (labels.some(value => typeof value !== 'string')) throw refuse(what, 'a label is no text')
}

function record(value: unknown, what: string, where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse(what, `${where} is no object`)
  return value as Record<string, unknown> // of anything
}

function list(value: unknown, what: string, where: string): unknown[] {
  if (!Array.isArray(value)) throw refuse(what, `${where} is no list`)
  return value
}

const refuse = (what: string, why: string): ComposeError => new ComposeError('invalid_argument', `${what}: ${why}`)
