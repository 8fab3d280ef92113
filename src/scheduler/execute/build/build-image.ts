// A build, by what the engine has for it: our engine reads the folders itself; a Docker Engine is given the build through
// the docker CLI's buildx where that is installed, else an archive for its classic builder.
import type { BuildDraft } from '../../border/build-draft.ts'
import { buildByArchive } from './by-archive.ts'
import { buildByBuildx, hasBuildx } from './by-buildx.ts'
import { buildInPlace } from './in-place.ts'
import type { BuildWay } from './way.ts'

/** Throws the builder's error. */
export async function buildImage(draft: BuildDraft, way: BuildWay): Promise<void> {
  if (way.docker.hasExtension('build') && way.docker.endpoint.kind === 'unix') return buildInPlace(draft, way)
  if (!way.docker.hasExtension('build') && (await hasBuildx(way.docker.endpoint))) return buildByBuildx(draft, way)
  return buildByArchive(draft, way)
}
