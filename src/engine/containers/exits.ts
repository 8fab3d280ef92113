// Notices that containers have ended: by the file conmon writes, or, when conmon was killed, by the process itself.
import { type FSWatcher, mkdirSync, readFileSync, watch } from 'node:fs'
import { join } from 'node:path'
import { isAlive } from '../runtime/processes.ts'
import { type ContainerRecord, isRunning } from './record.ts'
import type { Registry } from './registry.ts'

export interface ExitWatch {
  stop(): void
}

export interface ExitWatchOptions {
  folder: string
  registry: Registry
  ended: (record: ContainerRecord, exitCode: number) => void
}

const checkInterval = 2000
/** What Docker Engine reports when nobody knows the code any more. */
export const unknownExitCode = 255

export function watchExits({ folder, registry, ended }: ExitWatchOptions): ExitWatch {
  mkdirSync(folder, { recursive: true })
  const watcher: FSWatcher = watch(folder, (_, file) => {
    // conmon writes a temporary file first, whose name is longer.
    if (file?.length === 64) report(file)
  })
  const suspects = new Set<string>()
  const timer = setInterval(() => {
    for (const record of registry.all()) {
      if (!isRunning(record) || isAlive(record.state)) suspects.delete(record.id)
      // conmon, if it lives, writes the code within moments: only the second look counts.
      else if (!suspects.has(record.id)) suspects.add(record.id)
      else ended(record, exitCodeIn(folder, record.id) ?? unknownExitCode)
    }
  }, checkInterval)
  return {
    stop() {
      watcher.close()
      clearInterval(timer)
    },
  }

  function report(id: string): void {
    const record = registry.find(id)
    const exitCode = exitCodeIn(folder, id)
    if (record && exitCode !== undefined) ended(record, exitCode)
  }
}

/** The code that conmon noted; undefined while the file isn't there or still empty. */
export function exitCodeIn(folder: string, id: string): number | undefined {
  try {
    const text = readFileSync(join(folder, id), 'utf8').trim()
    return text === '' ? undefined : Number(text)
  } catch {
    return undefined
  }
}
