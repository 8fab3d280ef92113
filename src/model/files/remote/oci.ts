// `oci://registry/name:tag`: Compose files in an OCI artifact, as `compose publish` writes them.
import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { credentialsFor } from '../../../registry/credentials.ts'
import type { Descriptor, RegistryDocument } from '../../../registry/manifest.ts'
import { openRegistry, type Registry } from '../../../registry/registry.ts'
import { ComposeError } from '../../../shared/errors.ts'
import { parseReference } from '../../../shared/image-reference.ts'
import { artifactTypes } from './artifact-types.ts'
import { cachedFolder } from './cache.ts'
import type { RemoteOptions } from './remote-options.ts'

/** The path of the artifact's Compose file. */
export async function fetchArtifact(reference: string, options: RemoteOptions): Promise<string> {
  if (/^(?:0|f|false)$/i.test(options.env.COMPOSE_EXPERIMENTAL_OCI_REMOTE ?? ''))
    throw new ComposeError(
      'failed_precondition',
      'OCI remote resource is disabled by "COMPOSE_EXPERIMENTAL_OCI_REMOTE"',
    )
  const name = reference.slice('oci://'.length)
  const parsed = parseReference(name)
  try {
    const { registry: host } = parsed
    const credentials = await credentialsFor(host, options.env)
    const insecure = options.insecureRegistries?.includes(host)
    const registry = openRegistry(parsed, { credentials, insecure, env: options.env })
    const top = await registry.document(parsed.digest ?? parsed.tag ?? 'latest')
    const folder = await cachedFolder(top.digest.replace(/^.*:/, ''), options, async into => {
      const manifest = await projectManifest(registry, asManifest(top.text), reference)
      for (const [index, layer] of (manifest.layers ?? []).entries())
        writeLayer(layer, index, into, await registry.blobText(layer.digest), reference)
    })
    return join(folder, 'compose.yaml')
  } catch (error) {
    if (!(error instanceof ComposeError) || error.path !== undefined) throw error
    const { code, hint } = error
    const message = /^failed to resolve reference .*: not found$/.test(error.message)
      ? `${name}: not found`
      : error.message
    throw new ComposeError(code, `failed to pull OCI resource ${JSON.stringify(name)}: ${message}`, {
      path: reference,
      hint,
      cause: error,
    })
  }
}

async function projectManifest(
  registry: Registry,
  top: RegistryDocument,
  reference: string,
): Promise<RegistryDocument> {
  let manifest = top
  if (top.manifests !== undefined) {
    const entry = top.manifests.find(({ artifactType }) => artifactType === artifactTypes.project)
    if (entry === undefined)
      throw new ComposeError('not_found', `OCI index ${reference} doesn't refer to compose artifacts`, {
        path: reference,
      })
    manifest = asManifest((await registry.document(entry.digest)).text)
  }
  const isProject =
    manifest.artifactType === artifactTypes.project || manifest.config?.mediaType === artifactTypes.emptyConfig
  if (!isProject)
    throw new ComposeError(
      'invalid_argument',
      `${reference} is not a compose project OCI artifact, but ${manifest.artifactType ?? manifest.config?.mediaType}`,
      { path: reference },
    )
  return manifest
}

function asManifest(content: string): RegistryDocument {
  try {
    // What is missing or has another shape than a manifest's is refused where it is used.
    return JSON.parse(content) as RegistryDocument
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
  if (mediaType === artifactTypes.environmentFile) {
    writeFileSync(join(into, plainName(annotations['com.docker.compose.envfile'], reference)), content, { mode: 0o600 })
  } else if (mediaType === artifactTypes.composeFile) {
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
