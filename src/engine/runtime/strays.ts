// What is left of a start whose conmon was killed in the middle: the runtime goes on creating a container that nobody
// will start. Its processes name the container until they run its program, which they never will.
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const deadline = 5000

/** Ends every process whose arguments name the container; resolves when there is none. */
export async function endStrays(id: string): Promise<void> {
  for (const end = Date.now() + deadline; Date.now() < end; await sleep(5)) {
    const strays = naming(id)
    if (strays.length === 0) return
    for (const pid of strays) tryKill(pid)
  }
}

function naming(id: string): number[] {
  return readdirSync('/proc').flatMap(name => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return []
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(id) ? [Number(name)] : []
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
