// What a build may show to registries: the user's credentials for the images that it names, or all of them where its
// Dockerfile is not here to be read.
import { isAbsolute } from 'node:path'
import { parseReference } from '../../../shared/image-reference.ts'
import type { BuildDraft } from '../../border/build-draft.ts'
import { namedImages } from './named-images.ts'
import type { BuildWay } from './way.ts'

/** By registry. */
export async function buildCredentials(
  draft: BuildDraft,
  { credentialsOf, allCredentials, onWarning }: Pick<BuildWay, 'credentialsOf' | 'allCredentials' | 'onWarning'>,
): Promise<Record<string, object>> {
  if (draft.dockerfileInline === undefined && !isAbsolute(draft.context)) return allCredentials(onWarning)
  const registries = new Map((await namedImages(draft)).map(image => [parseReference(image).registry, image]))
  const found = await Promise.all(
    [...registries].map(async ([registry, image]) => [registry, await credentialsOf(image)] as const),
  )
  return Object.fromEntries(found.flatMap(([registry, credentials]) => (credentials ? [[registry, credentials]] : [])))
}
