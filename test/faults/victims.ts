// Who is killed: the engine, a conmon, the supervisor. The CLI is a child of the runner, which kills it itself.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EngineRoots } from '../../src/shared/roots.ts'
import type { Random } from './random.ts'

export type Victim = 'engine' | 'conmon' | 'supervisor'

/** kill -9, if there is such a process now; says whom it met. */
export function strike(victim: Victim, roots: EngineRoots, random: Random): string | undefined {
  const pid = pidOf(victim, roots, random)
  if (pid === undefined) return undefined
  try {
    process.kill(pid, 'SIGKILL')
    return `${victim} ${pid}`
  } catch {
    return undefined
  }
}

export const enginePid = (roots: EngineRoots): number | undefined => pidIn(roots.pidPath, 'tsc-compose')

function pidOf(victim: Victim, roots: EngineRoots, random: Random): number | undefined {
  if (victim === 'engine') return enginePid(roots)
  if (victim === 'supervisor') return pidIn(join(roots.runRoot, 'supervisor'), 'sh')
  const pids = globSync(join(roots.dataRoot, 'containers/*/conmon.pid')).flatMap(path => pidIn(path, 'conmon') ?? [])
  const [first, ...others] = pids.sort()
  return first === undefined ? undefined : random.pick([first, ...others])
}

/** A number or JSON with `pid`; only if that process has this name, since ids are used again. */
function pidIn(path: string, name: string): number | undefined {
  try {
    const found: unknown = JSON.parse(readFileSync(path, 'utf8'))
    const pid = typeof found === 'object' && found !== null && 'pid' in found ? Number(found.pid) : Number(found)
    return readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith(name) ? pid : undefined
  } catch {
    return undefined
  }
}
