// Notices that containers have ended: by the file that conmon writes before its own end. A conmon that ends without
// writing it was killed, and nobody can keep the container's output and exit code any more. INVARIANT: what can't be
// read, without a descriptor to spare, is not known to be gone; the next look tells.
import { type FSWatcher, mkdirSync, readFileSync, rmSync, watch } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isErrno, messageOf } from '../../../shared/errors.ts'
import { close } from '../../kernel/libc.ts'
import { endedAmong, openPidfd } from '../../kernel/pidfds.ts'
import { conmonPid } from '../../runtime/conmon.ts'
import { type ContainerRecord, isRunning } from '../record.ts'
import type { Registry } from '../registry.ts'

export interface ExitWatch {
  /** Resolves when ends up to now are recorded, but for those that another's work on their container holds up. */
  look(): Promise<void>
  stop(): void
}

export interface ExitWatchOptions {
  folder: string
  registry: Pick<Registry, 'find' | 'all'>
  folderOf: (record: ContainerRecord) => string
  /** Resolves when that is recorded. */
  ended: (record: ContainerRecord, exitCode: number) => Promise<void>
  /** conmon has gone without a word; the container may still run. Resolves when its end is recorded. */
  orphaned: (record: ContainerRecord) => Promise<void>
  log: (line: string) => void
}

interface Keeper {
  life: string
  /** Undefined where there was none to be found. */
  fd: number | undefined
  /** Its end is being recorded: another look must not queue behind it once more. */
  ending?: Promise<void>
}

/** Milliseconds between looks that nobody asked for. */
const checkInterval = 500
/** Milliseconds for which whoever asked waits for an end to be recorded. */
const recordingLimit = 1000

export function watchExits({ folder, registry, folderOf, ended, orphaned, log }: ExitWatchOptions): ExitWatch {
  mkdirSync(folder, { recursive: true })
  const watcher = watchFolder()
  /** The conmons by container id. */
  const keepers = new Map<string, Keeper>()
  /** The last one, which would else be written with each look. */
  let complaint = ''
  const timer = setInterval(check, checkInterval)
  return {
    async look() {
      const found = check()
      if (found.length === 0) return
      const limit = new AbortController()
      try {
        await Promise.race([Promise.all(found), sleep(recordingLimit, undefined, { signal: limit.signal })])
      } finally {
        limit.abort()
      }
    },
    stop() {
      watcher?.close()
      clearInterval(timer)
      for (const keeper of keepers.values()) leave(keeper)
    },
  }

  /** The check below finds ends too, so a host that has no inotify instance left only makes them known later. */
  function watchFolder(): FSWatcher | undefined {
    try {
      const found = watch(folder, (_, file) => {
        // conmon writes a temporary file first, whose name is longer.
        if (file?.length !== 64) return
        const record = registry.find(file)
        // Without one its container was removed before conmon had noted its end.
        if (record) attempt(record, () => noted(record))
        else rmSync(join(folder, file), { force: true })
      })
      found.on('error', error => log(`watching ${folder}: ${error}`))
      return found
    } catch (error) {
      log(`watching ${folder}: ${error}`)
      return undefined
    }
  }

  /** What it found, each until it is recorded. */
  function check(): Promise<void>[] {
    const found: Promise<void>[] = []
    const running = new Map(registry.all().flatMap(record => (isRunning(record) ? [[record.id, record] as const] : [])))
    for (const [id, keeper] of keepers) {
      const record = running.get(id)
      // The container may have ended and begun anew since the last look.
      if (record && lifeOf(record) === keeper.life) continue
      leave(keeper)
      keepers.delete(id)
    }
    for (const record of running.values()) {
      if (!keepers.has(record.id))
        attempt(record, () => keepers.set(record.id, { life: lifeOf(record), fd: keeperOf(record) }))
    }
    const gone = endedAmong([...keepers.values()].flatMap(({ fd }) => fd ?? []))
    for (const [id, keeper] of keepers) {
      const record = running.get(id)
      if (!record || (keeper.fd !== undefined && !gone.has(keeper.fd))) continue
      attempt(record, () => {
        // It writes the code before it ends, so what isn't there now won't come.
        keeper.ending ??= (noted(record) ?? orphaned(record)).finally(() => delete keeper.ending)
        found.push(keeper.ending)
      })
    }
    return found
  }

  function noted(record: ContainerRecord): Promise<void> | undefined {
    const exitCode = exitCodeIn(folder, record.id)
    return exitCode === undefined ? undefined : ended(record, exitCode)
  }

  function attempt({ name }: ContainerRecord, look: () => unknown): void {
    try {
      look()
    } catch (error) {
      const line = `whether ${name} has ended can't be seen: ${messageOf(error)}`
      if (line !== complaint) log(line)
      complaint = line
    }
  }

  function keeperOf(record: ContainerRecord): number | undefined {
    const pid = conmonPid(folderOf(record), record.id)
    if (pid === undefined) return undefined
    let fd: number
    try {
      fd = openPidfd(pid)
    } catch (error) {
      if (isErrno(error, 'ESRCH')) return undefined
      throw error
    }
    let held = false
    try {
      // Asked again, now that the descriptor holds on to one process: the id may have been used again meanwhile.
      held = conmonPid(folderOf(record), record.id) === pid
    } finally {
      if (!held) close(fd)
    }
    return held ? fd : undefined
  }
}

const lifeOf = ({ state: { pid, startTime } }: ContainerRecord) => `${pid} ${startTime}`

function leave({ fd }: Keeper): void {
  if (fd !== undefined) close(fd)
}

/** The code that conmon noted; undefined while the file isn't there or still empty. Throws when it can't be read. */
export function exitCodeIn(folder: string, id: string): number | undefined {
  try {
    const text = readFileSync(join(folder, id), 'utf8').trim()
    return text === '' ? undefined : Number(text)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  }
}
