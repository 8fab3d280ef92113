// The image that a stage begins with: one that is here, or what the registry has.
import type { ImageConfig } from '../../docker/protocol/types.ts'
import { normalizePlatform, type Platform } from '../../registry/platform.ts'
import { familiarTag, parseReference } from '../../shared/image-reference.ts'
import { defaultPath } from '../containers/oci/container-spec.ts'
import { chainIds } from '../images/layers.ts'
import { beginPull } from '../images/pull.ts'
import type { ImageRecord } from '../images/record.ts'
import type { RunningStep } from './progress.ts'
import type { Build } from './stage-context.ts'
import { environmentOf, type StageState } from './stage-state.ts'

/** Throws the registry's refusal. */
export async function baseImage(
  build: Build,
  ref: string,
  platform: Platform,
  step: RunningStep,
): Promise<ImageRecord> {
  const { images, turns } = build.engine
  const reference = parseReference(ref)
  const here = () => {
    return images.find(ref, platform)
  }
  const known = build.request.pull ? undefined : here()
  if (known) {
    step.cached()
    return hold(build, known)
  }
  const pull = async () => {
    // Another stage may have pulled it meanwhile.
    const before = build.request.pull ? undefined : here()
    if (before) return before
    const { finish } = await beginPull(images, {
      reference,
      platform,
      credentials: build.request.credentials(reference.registry),
      signal: build.signal,
    })
    return finish(({ status, id }) => {
      if (status && /^(?:Pull complete|Already exists|Status|Digest|Warning)/.test(status))
        step.output('stdout', `${id ? `${id}: ` : ''}${status}\n`)
    })
  }
  const turn = `pull ${familiarTag(reference)} ${platform.architecture}`
  return hold(build, await turns.run(turn, pull, build.signal))
}

function hold({ lease }: Build, record: ImageRecord): ImageRecord {
  lease.hold({ blobs: [record.id, ...record.blobs], layers: chainIds(record.diffIds) })
  return record
}

export function stateOfImage({ engine: { images } }: Build, record: ImageRecord): StageState {
  const document = images.document(record)
  return {
    config: withPath(structuredClone(document.config ?? {})),
    args: new Map(),
    platform: normalizePlatform(document),
    below: record.diffIds,
    baseBlobs: record.blobs,
    layers: [],
    history: [...(document.history ?? [])],
    created: document.created,
    author: document.author,
  }
}

/** An image that says nothing of it gets PATH as one from scratch does, so that `ENV PATH=$PATH:/more` has its meaning. */
function withPath(config: ImageConfig): ImageConfig {
  if (environmentOf(config).has('PATH')) return config
  return { ...config, Env: [...(config.Env ?? []), `PATH=${defaultPath}`] }
}
