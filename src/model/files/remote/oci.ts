// `oci://registry/name:tag`: Compose files in an OCI artifact, as `compose publish` writes them.
import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ComposeError } from '../../../shared/errors.ts'
import { cachedFolder } from './cache.ts'
import { type Registry, registryOf } from './registry.ts'
import type { RemoteOptions } from './remote-options.ts'

const projectType = 'application/vnd.docker.compose.project'
const emptyConfigType = 'application/vnd.docker.compose.config.empty.v1+json'
const composeType = 'application/vnd.docker.compose.file+yaml'
const envFileType = 'application/vnd.docker.compose.envfile'

interface Descriptor {
  mediaType: string
  digest: string
  artifactType?: string
  annotations?: Record<string, string>
}

interface Manifest {
  artifactType?: string
  config?: Descriptor
  layers?: Descriptor[]
  manifests?: Descriptor[]
}

/** The path of the artifact's Compose file. */
export async function fetchArtifact(reference: string, options: RemoteOptions): Promise<string> {
  if (/^(?:0|f|false)$/i.test(options.env.COMPOSE_EXPERIMENTAL_OCI_REMOTE ?? ''))
    throw new ComposeError(
      'failed_precondition',
      'OCI remote resource is disabled by "COMPOSE_EXPERIMENTAL_OCI_REMOTE"',
    )
  const registry = await registryOf(reference.slice('oci://'.length), options)
  const top = await registry.manifest(registry.reference)
  const folder = await cachedFolder(top.digest.replace(/^.*:/, ''), options, async into => {
    const manifest = await projectManifest(registry, asManifest(top.content), reference)
    for (const [index, layer] of (manifest.layers ?? []).entries())
      writeLayer(layer, index, into, await registry.blob(layer.digest), reference)
  })
  return join(folder, 'compose.yaml')
}

async function projectManifest(registry: Registry, top: Manifest, reference: string): Promise<Manifest> {
  let manifest = top
  if (top.manifests !== undefined) {
    const entry = top.manifests.find(({ artifactType }) => artifactType === projectType)
    if (entry === undefined)
      throw new ComposeError('not_found', `OCI index ${reference} doesn't refer to compose artifacts`, {
        path: reference,
      })
    manifest = asManifest((await registry.manifest(entry.digest)).content)
  }
  const isProject = manifest.artifactType === projectType || manifest.config?.mediaType === emptyConfigType
  if (!isProject)
    throw new ComposeError(
      'invalid_argument',
      `${reference} is not a compose project OCI artifact, but ${manifest.artifactType ?? manifest.config?.mediaType}`,
      { path: reference },
    )
  return manifest
}

function asManifest(content: string): Manifest {
  try {
    // What is missing or has another shape than a manifest's is refused where it is used.
    return JSON.parse(content) as Manifest
  } catch (cause) {
    throw new ComposeError('invalid_argument', 'the registry sent a manifest that is not JSON', { cause })
  }
}

/** Several files of one project are documents of one file; those that they extend stand beside it. */
function writeLayer(
  { mediaType, annotations = {} }: Descriptor,
  index: number,
  into: string,
  content: string,
  reference: string,
) {
  if (mediaType === envFileType) {
    writeFileSync(join(into, plainName(annotations['com.docker.compose.envfile'], reference)), content, { mode: 0o600 })
  } else if (mediaType === composeType) {
    const own = annotations['com.docker.compose.file']
    const extended = annotations['com.docker.compose.extends'] !== undefined
    const file = join(into, extended ? plainName(own, reference) : 'compose.yaml')
    appendFileSync(file, index > 0 && own !== undefined ? `\n---\n${content}` : content, { mode: 0o600 })
  }
}

/** A name without a folder: an artifact writes nothing outside of its own. */
function plainName(name: string | undefined, reference: string): string {
  if (name !== undefined && name !== '' && name !== '.' && name !== '..' && !/[\\/]/.test(name)) return name
  throw new ComposeError('invalid_argument', `invalid OCI artifact ${reference}`, { path: reference })
}
