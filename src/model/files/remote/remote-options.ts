// What fetching a Compose file from elsewhere needs to know.

export interface RemoteOptions {
  env: Readonly<Record<string, string | undefined>>
  /** Registries that are asked over plain HTTP, or whose certificate isn't checked. */
  insecureRegistries?: readonly string[] | undefined
}
