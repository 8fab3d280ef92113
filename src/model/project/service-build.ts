// `services.<name>.build`.

import type { FileReference, Ulimit } from './service-resources.ts'

export interface Build {
  /** An absolute folder, or a URL. */
  context?: string
  /** Relative to the context, or absolute. */
  dockerfile?: string
  dockerfileInline?: string
  entitlements: string[]
  /** null: no value; the ARG keeps its default. */
  args: Record<string, string | null>
  provenance?: string
  sbom?: string
  ssh: SshKey[]
  labels: Record<string, string>
  cacheFrom: string[]
  cacheTo: string[]
  noCache?: boolean
  noCacheFilter: string[]
  /** An absolute folder, a URL, `docker-image://…` or `service:<name>`. */
  additionalContexts: Record<string, string>
  pull?: boolean
  extraHosts: Record<string, string[]>
  isolation?: string
  network?: string
  target?: string
  secrets: FileReference[]
  shmSize?: number
  tags: string[]
  ulimits: Record<string, Ulimit>
  platforms: string[]
  privileged?: boolean
  extensions: Record<string, unknown>
}

/** No path: the agent of the caller. */
export interface SshKey {
  id: string
  path?: string
}
