// A project's artifact to its registry, and with --app the images that it names.
import { copyImage } from '../../registry/copy.ts'
import { mediaTypes } from '../../registry/manifest.ts'
import { digestOf, openRegistry, type Registry } from '../../registry/registry.ts'
import { ComposeError } from '../../shared/errors.ts'
import { parseReference, type Reference } from '../../shared/image-reference.ts'
import { credentialsOf } from '../credentials-of.ts'
import { type Artifact, applicationIndex, checkOciVersion, makeArtifact, type PublishedFile } from './artifact.ts'

export interface SendOptions {
  repository: string
  files: readonly PublishedFile[]
  /** Of images to be copied; undefined without --app. */
  images: readonly string[] | undefined
  /** Undefined: the newer one, and the older where the registry refuses it. */
  ociVersion: string | undefined
  insecure: boolean
  version: string
  env: Readonly<Record<string, string | undefined>>
  signal: AbortSignal
}

export async function sendProject(options: SendOptions): Promise<void> {
  const { repository, images, insecure, env, signal, version } = options
  const reference = parseReference(repository)
  const credentials = await credentialsOf(repository, env)
  const registry = openRegistry(reference, { credentials, insecure, action: 'push', env })
  try {
    const artifact = await sendArtifact(registry, reference, options)
    if (!images) return
    const copied = []
    for (const image of new Set(images)) copied.push(await copyOne(registry, reference, image, options))
    const text = applicationIndex(copied, artifact, version)
    await registry.putManifest(digestOf(text), { text, mediaType: mediaTypes.index }, signal)
  } finally {
    registry.close()
  }
}

async function sendArtifact(registry: Registry, reference: Reference, options: SendOptions): Promise<Artifact> {
  const { files, ociVersion, version, signal } = options
  const wanted = ociVersion === undefined ? undefined : checkOciVersion(ociVersion)
  const created = new Date()
  const send = async (artifact: Artifact) => {
    for (const text of new Set(artifact.blobs)) await registry.putText(text, signal)
    await registry.putManifest(reference.tag ?? 'latest', artifact.manifest, signal)
    return artifact
  }
  const made = makeArtifact(files, { ociVersion: wanted ?? '1.1', version, created })
  try {
    return await send(made)
  } catch (error) {
    // Registries from before OCI 1.1 know no artifact type.
    if (wanted !== undefined || !isRefusedForm(error)) throw error
    return send(makeArtifact(files, { ociVersion: '1.0', version, created }))
  }
}

const isRefusedForm = (error: unknown): boolean =>
  error instanceof ComposeError && /^unexpected answer 4\d\d of \S+ for manifests\//.test(error.message)

async function copyOne(to: Registry, target: Reference, image: string, { env, insecure, signal }: SendOptions) {
  const source = parseReference(image)
  const isSame = source.registry === target.registry
  // What is said of the target's registry holds for no other.
  const trust = { insecure: insecure && isSame, env }
  const from = openRegistry(source, { credentials: await credentialsOf(image, env), ...trust })
  try {
    const sameRegistry = isSame ? source.repository : undefined
    return await copyImage({ from, to, wanted: source.digest ?? source.tag ?? 'latest', sameRegistry, signal })
  } finally {
    from.close()
  }
}
