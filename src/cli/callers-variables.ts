// Node takes --env-file for its own wherever it stands on the line, reads the file by its own grammar and puts the
// variables into process.env, where they would count as the caller's. The kernel still has those of the caller.
import { readFileSync } from 'node:fs'

/** Undoes what Node made of --env-file. `environ` is the block that the process was started with. */
export function keepCallersVariables(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  environ = () => readFileSync('/proc/self/environ', 'utf8'),
): void {
  if (!argv.some(word => word === '--env-file' || word.startsWith('--env-file='))) return
  const entries = environ().split('\0')
  const own = new Set(entries.map(entry => entry.slice(0, entry.indexOf('='))))
  for (const name of Object.keys(env)) if (!own.has(name)) delete env[name]
}
