// The runtimes of this host: those that containers have when they name none, and others by name or path.
import { join } from 'node:path'
import { ComposeError } from '../../shared/errors.ts'
import { executablePath, findRuntime, type Runtime } from './runtime.ts'

export interface Runtimes {
  /** crun and runc, as far as they are here. */
  installed: readonly string[]
  /** Of containers that name none. */
  default: string
  /** Throws when there is no such program. */
  named(name: string): Runtime
  /** The installed ones and those of `names` that are here, each once. */
  among(names: readonly string[]): Runtime[]
}

export function findRuntimes(stateFolder: string): Runtimes {
  const installed = ['crun', 'runc'].filter(name => executablePath(name))
  const [preferred] = installed
  if (!preferred)
    throw new ComposeError('failed_precondition', 'neither crun nor runc is installed', {
      hint: 'apt-get install -y crun',
    })
  const known = new Map<string, Runtime>()
  const named = (name: string): Runtime => {
    const found = known.get(name) ?? findRuntime({ name, stateFolder: join(stateFolder, name.replaceAll('/', '_')) })
    known.set(name, found)
    return found
  }
  return {
    installed,
    default: preferred,
    named,
    among: names => [...new Set([...installed, ...names])].filter(name => executablePath(name)).map(named),
  }
}
