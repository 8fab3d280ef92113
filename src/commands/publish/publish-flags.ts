// The flags of `publish`, which it shares with its older name.
import * as Flags from '@oclif/core/flags'

export const publishFlags = {
  app: Flags.boolean({ description: 'Published compose application (includes referenced images)' }),
  'insecure-registry': Flags.boolean({ hidden: true }),
  'oci-version': Flags.string({
    description: 'OCI image/artifact specification version (automatically determined by default)',
  }),
  'resolve-image-digests': Flags.boolean({ description: 'Pin image tags to digests' }),
  'with-env': Flags.boolean({ description: 'Include environment variables in the published OCI artifact' }),
  yes: Flags.boolean({ char: 'y', description: 'Assume "yes" as answer to all prompts' }),
}

export interface PublishFlags {
  app: boolean
  'insecure-registry': boolean
  'oci-version'?: string | undefined
  'resolve-image-digests': boolean
  'with-env': boolean
  yes: boolean
}
