// docker's own settings of this user, for what commands do beside logins. As with docker a file that can't be read is
// told and costs what it says; for credentials, which are asked for by name, it is a failure.
import { type DockerConfig, readDockerConfig } from '../registry/docker-config.ts'
import { messageOf } from '../shared/errors.ts'
import { warn } from './warn.ts'

let known: DockerConfig | undefined

/** Read once. */
export function dockerConfig(): DockerConfig {
  if (known) return known
  try {
    known = readDockerConfig(process.env)
  } catch (error) {
    warn(`Error loading config file: ${messageOf(error)}`)
    known = {}
  }
  return known
}

/** HttpHeaders: proxies before an engine want to be shown them. */
export function engineHeaders({ HttpHeaders = {} }: DockerConfig): Record<string, string> {
  const entries = Object.entries(HttpHeaders)
  if (entries.length === 0) return {}
  // Importing it would cost every command the time that loading it takes.
  const { validateHeaderName, validateHeaderValue } = process.getBuiltinModule('node:http')
  return Object.fromEntries(
    entries.filter(([name, value]) => {
      // We say ourselves who we are.
      if (name.toLowerCase() === 'user-agent') return false
      try {
        validateHeaderName(name)
        validateHeaderValue(name, value)
        return true
      } catch (error) {
        warn(`HttpHeaders of docker's config.json: ${messageOf(error)}`)
        return false
      }
    }),
  )
}
