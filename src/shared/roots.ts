// Where an engine keeps its state and its socket. CLI and engine compute it from the same environment, so that
// they meet without being told; two roots are two engines that never see each other.
import { createHash } from 'node:crypto'
import { join, resolve } from 'node:path'

export interface EngineRoots {
  dataRoot: string
  runRoot: string
  socketPath: string
  pidPath: string
}

/** A socket path of more than 107 bytes can't be bound: longer roots move, by their hash, to the runtime folder. */
const longestSocketPath = 100

/** Reads TSC_COMPOSE_ROOT, XDG_DATA_HOME, XDG_RUNTIME_DIR and HOME of `env`. */
export function engineRoots(env: NodeJS.ProcessEnv, uid = process.getuid?.() ?? 0): EngineRoots {
  const runtimeFolder = uid === 0 ? '/run' : (env.XDG_RUNTIME_DIR ?? `/run/user/${uid}`)
  const own = env.TSC_COMPOSE_ROOT ? resolve(env.TSC_COMPOSE_ROOT) : undefined
  const dataRoot = own ?? join(uid === 0 ? '/var/lib' : dataHome(env), 'tsc-compose')
  let runRoot = own ? join(own, 'run') : join(runtimeFolder, 'tsc-compose')
  if (Buffer.byteLength(join(runRoot, 'engine.sock')) > longestSocketPath) {
    runRoot = join(runtimeFolder, `tsc-compose-${createHash('sha256').update(dataRoot).digest('hex').slice(0, 12)}`)
  }
  return { dataRoot, runRoot, socketPath: join(runRoot, 'engine.sock'), pidPath: join(runRoot, 'engine.pid') }
}

function dataHome(env: NodeJS.ProcessEnv): string {
  return env.XDG_DATA_HOME ?? join(env.HOME ?? '/', '.local/share')
}
