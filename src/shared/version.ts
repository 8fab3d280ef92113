// The package's version. The build puts package.json's into the bundle; sources read the file.
import { readFileSync } from 'node:fs'

declare const TSC_COMPOSE_VERSION: string | undefined

/** Such as `0.1.0`. */
export function packageVersion(): string {
  if (typeof TSC_COMPOSE_VERSION === 'string') return TSC_COMPOSE_VERSION
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  // Our own package.json always has a version.
  return (JSON.parse(text) as { version: string }).version
}
