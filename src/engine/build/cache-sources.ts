// Caches of other machines (cache_from): images in registries that tell what they were made of. Which steps they know is
// asked once, a layer is fetched when a step needs it.
import type { Descriptor } from '../../registry/manifest.ts'
import type { Platform } from '../../registry/platform.ts'
import { openRegistry, type Registry } from '../../registry/registry.ts'
import { ComposeError, messageOf } from '../../shared/errors.ts'
import { parseReference } from '../../shared/image-reference.ts'
import { checkConfig } from '../images/check-manifest.ts'
import { fetchBlob } from '../images/fetch-blob.ts'
import type { Images } from '../images/images.ts'
import { chainIds } from '../images/layers.ts'
import type { Lease } from '../images/leases.ts'
import { platformManifest } from '../images/platform-manifest.ts'
import type { CacheEntry } from './cache.ts'
import { readSteps, type ToldStep } from './cache-image.ts'
import type { Progress } from './progress.ts'
import type { BuildRequest } from './request.ts'

export interface CacheSources extends Disposable {
  /** The step of this key with its layer on top of `parents`; undefined where nobody knows it. */
  find(key: string, parents: readonly string[]): Promise<Omit<CacheEntry, 'lastUsed' | 'uses'> | undefined>
}

export interface CacheSourcesOptions {
  request: Pick<BuildRequest, 'cacheFrom' | 'credentials'>
  platform: Platform
  images: Images
  lease: Lease
  progress: Progress
  signal: AbortSignal
}

interface KnownStep {
  step: ToldStep
  blob: Descriptor | undefined
  registry: Registry
}

export function openCacheSources(options: CacheSourcesOptions): CacheSources {
  const { request, platform, images, lease, progress, signal } = options
  const registries: Registry[] = []
  let asked: Promise<Map<string, KnownStep>> | undefined

  return {
    async find(key, parents) {
      if (request.cacheFrom.length === 0) return undefined
      asked ??= askAll()
      const known = (await asked).get(key)
      if (!known) return undefined
      const { step, blob, registry } = known
      const { description, created, diffId } = step
      if (diffId === undefined) return { key, parents: [...parents], layer: undefined, description, created }
      try {
        if (!blob) return undefined
        const chain = chainIds([...parents, diffId])
        lease.hold({ blobs: [blob.digest], layers: chain })
        await fetchBlob(images.blobs, registry, blob, { signal })
        await images.layers.unpack(images.blobs.path(blob.digest), diffId, parents)
        const size = await images.layers.sizeOf(chain.slice(-1))
        return { key, parents: [...parents], layer: { diffId, size, blob: blob.digest }, description, created }
      } catch (error) {
        signal.throwIfAborted()
        progress.warn(`cache_from: the layer of "${description}" can't be had: ${messageOf(error)}`)
        return undefined
      }
    },
    [Symbol.dispose]() {
      for (const registry of registries) registry.close()
    },
  }

  /** The first that knows a step counts. */
  async function askAll(): Promise<Map<string, KnownStep>> {
    const all = await Promise.all(request.cacheFrom.map(ask))
    return new Map(all.reverse().flat())
  }

  async function ask(name: string): Promise<[string, KnownStep][]> {
    try {
      return await progress.step(`importing cache manifest from ${name}`, () => stepsOf(name))
    } catch (error) {
      signal.throwIfAborted()
      progress.warn(`cache_from ${name}: ${messageOf(error)}`)
      return []
    }
  }

  async function stepsOf(name: string): Promise<[string, KnownStep][]> {
    const reference = parseReference(name)
    const registry = openRegistry(reference, { credentials: request.credentials(reference.registry) })
    registries.push(registry)
    const { manifest } = await platformManifest(registry, reference, platform, signal)
    const text = await registry.blobText(manifest.config.digest, signal)
    const document = checkConfig(JSON.parse(text), name, manifest.layers.length)
    const steps = readSteps(document)
    if (!steps)
      throw new ComposeError('failed_precondition', 'it does not tell what it was made of, so nothing of it is used', {
        hint: 'build it with cache_to: [type=inline], or BUILDKIT_INLINE_CACHE=1',
      })
    const blobs = new Map(document.rootfs.diff_ids.map((diffId, index) => [diffId, manifest.layers[index]]))
    return steps.map(step => [step.key, { step, blob: blobs.get(step.diffId ?? ''), registry }])
  }
}
