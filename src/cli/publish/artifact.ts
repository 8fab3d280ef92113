// A Compose project as an OCI artifact: the descriptors and the manifest, field for field as Docker Compose writes them.
// src/model/files/remote/oci.ts reads them back.
import { artifactTypes } from '../../model/files/remote/artifact-types.ts'
import { mediaTypes } from '../../registry/manifest.ts'
import { digestOf } from '../../registry/registry.ts'
import { ComposeError } from '../../shared/errors.ts'

const versionKey = 'com.docker.compose.version'

export type OciVersion = '1.0' | '1.1'

export interface PublishedFile {
  kind: 'compose' | 'extended' | 'environment'
  /** In the artifact. */
  name: string
  /** On this machine. */
  path: string
  content: string
}

export interface ArtifactDescriptor {
  mediaType: string
  digest: string
  size: number
  annotations?: Record<string, string>
  /** The content too, in base64. */
  data?: string
  artifactType?: string
}

export interface Artifact {
  /** Texts to be sent as blobs. */
  blobs: string[]
  manifest: { text: string; mediaType: string }
}

export function checkOciVersion(text: string): OciVersion {
  if (text === '1.0' || text === '1.1') return text
  throw new ComposeError('invalid_argument', `unsupported OCI version: ${text}`)
}

export function makeArtifact(
  files: readonly PublishedFile[],
  { ociVersion, version, created }: { ociVersion: OciVersion; version: string; created: Date },
): Artifact {
  const isPlain = ociVersion === '1.0'
  const config = describe(isPlain ? artifactTypes.emptyConfig : 'application/vnd.oci.empty.v1+json', '{}')
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    ...(isPlain ? {} : { artifactType: artifactTypes.project }),
    config,
    layers: files.map(file => describeFile(file, version)),
    annotations: { 'org.opencontainers.image.created': created.toISOString().replace(/\.\d+Z$/, 'Z') },
  }
  const text = JSON.stringify(manifest)
  return { blobs: ['{}', ...files.map(({ content }) => content)], manifest: { text, mediaType: mediaTypes.manifest } }
}

function describeFile({ kind, name, content }: PublishedFile, version: string): ArtifactDescriptor {
  // Go sorts the keys of a map.
  const annotations =
    kind === 'environment'
      ? { 'com.docker.compose.envfile': name, [versionKey]: version }
      : {
          ...(kind === 'extended' ? { 'com.docker.compose.extends': 'true' } : {}),
          'com.docker.compose.file': name,
          [versionKey]: version,
        }
  return describe(
    kind === 'environment' ? artifactTypes.environmentFile : artifactTypes.composeFile,
    content,
    annotations,
  )
}

function describe(mediaType: string, content: string, annotations?: Record<string, string>): ArtifactDescriptor {
  const bytes = Buffer.from(content)
  return {
    mediaType,
    digest: digestOf(content),
    size: bytes.length,
    ...(annotations ? { annotations } : {}),
    data: bytes.toString('base64'),
  }
}

/** The images of an application, as an index whose subject is the project. */
export function applicationIndex(images: readonly ArtifactDescriptor[], project: Artifact, version: string): string {
  const { text, mediaType } = project.manifest
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.index,
    manifests: images,
    subject: {
      mediaType,
      digest: digestOf(text),
      size: Buffer.byteLength(text),
      annotations: { [versionKey]: version },
      artifactType: artifactTypes.project,
    },
    annotations: { [versionKey]: version },
  })
}
