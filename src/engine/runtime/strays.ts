// What is left of a start whose conmon was killed in the middle: the runtime goes on creating a container that nobody
// will start. Its processes name the container until they run its program, which they never will.
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const deadline = 5000

/** Ends every process whose arguments name the container; resolves when there is none. */
export const endStrays = (id: string): Promise<void> => endAll(words => words.some(word => word.includes(id)))

/** Ends every creation that a runtime with this state folder has begun: of an engine that was killed meanwhile. */
export const endCreations = (stateFolder: string): Promise<void> =>
  endAll(words => words.includes('create') && words.some(word => word.includes(stateFolder)))

async function endAll(matches: (words: readonly string[]) => boolean): Promise<void> {
  for (const end = Date.now() + deadline; Date.now() < end; await sleep(5)) {
    const strays = processesThat(matches)
    if (strays.length === 0) return
    for (const pid of strays) tryKill(pid)
  }
}

function processesThat(matches: (words: readonly string[]) => boolean): number[] {
  return readdirSync('/proc').flatMap(name => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return []
    try {
      return matches(readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0')) ? [Number(name)] : []
    } catch {
      // Gone meanwhile.
      return []
    }
  })
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Gone meanwhile.
  }
}
