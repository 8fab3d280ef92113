// Our engine builds for one platform: which of those that are asked for, and who is told of the others.
import type { BuildDraft } from '../../border/build-draft.ts'
import type { BuildWay } from './way.ts'

/** Undefined: the engine's own. */
export async function onePlatform(
  { platform, platforms, services: [service] }: BuildDraft,
  { docker, onWarning, signal }: BuildWay,
): Promise<string | undefined> {
  if (platforms.length < 2) return platforms[0]
  const { Os, Arch } = await docker.version({ abortSignal: signal })
  const native = `${Os}/${Arch}`
  const chosen = platform ?? platforms.find(one => `${one}/`.startsWith(`${native}/`)) ?? platforms[0]
  const others = platforms.filter(one => one !== chosen)
  onWarning(
    `services.${service}.build.platforms: this engine builds an image of one platform, here ${chosen}, and none for ${others.join(', ')}`,
  )
  return chosen
}
