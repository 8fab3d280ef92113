// A build, by what the engine has for it: our engine reads the folders itself; a Docker Engine is given the build through
// the docker CLI's buildx where that is installed and wanted, else an archive for its classic builder.
import { ComposeError } from '../../../shared/errors.ts'
import type { BuildDraft } from '../../border/build-draft.ts'
import { buildByArchive } from './by-archive.ts'
import { buildByBuildx, hasBuildx } from './by-buildx.ts'
import { buildInPlace } from './in-place.ts'
import type { BuildWay } from './way.ts'

/** Throws the builder's error. */
export async function buildImage(draft: BuildDraft, way: BuildWay): Promise<void> {
  const { docker, onWarning } = way
  const asked = wantsBuildKit(process.env)
  if (docker.hasExtension('build')) {
    if (asked === false)
      onWarning('DOCKER_BUILDKIT=0 has no effect: this engine has one builder, which is not BuildKit')
    if (process.env.BUILDX_BUILDER) onWarning('BUILDX_BUILDER has no effect: this engine builds by itself')
    return docker.endpoint.kind === 'unix' ? buildInPlace(draft, way) : buildByArchive(draft, way)
  }
  if (asked !== false) {
    if (await hasBuildx()) return buildByBuildx(draft, way)
    onWarning(
      'buildx Docker CLI plugin not found: falling back to the classic builder. BuildKit-only build features (multi-arch, secrets, ssh, additional contexts, ...) will not be available',
    )
  }
  return buildByArchive(draft, way)
}

/** Undefined where DOCKER_BUILDKIT says nothing. */
export function wantsBuildKit({ DOCKER_BUILDKIT: value }: NodeJS.ProcessEnv): boolean | undefined {
  if (!value) return undefined
  if (/^(?:1|t|true)$/i.test(value)) return true
  if (/^(?:0|f|false)$/i.test(value)) return false
  throw new ComposeError('invalid_argument', 'DOCKER_BUILDKIT environment variable expects boolean value')
}
