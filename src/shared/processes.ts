// Processes by id. A pid alone is no identity: it is reused, so it goes together with its start time and the boot
// of the machine, since both begin anew with each.
import { readFileSync } from 'node:fs'

export interface ProcessIdentity {
  pid: number
  /** Field 22 of /proc/<pid>/stat (proc(5)), clock ticks since boot, and which boot that was. */
  startTime: string
}

/** Changes with each boot of the machine. */
export const bootId: string = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()

export function identify(pid: number): ProcessIdentity | undefined {
  const startTime = stat(pid)?.startTime
  return startTime === undefined ? undefined : { pid, startTime }
}

/** A zombie counts as dead: whoever should have noted its end is gone. */
export function isAlive(process: ProcessIdentity): boolean {
  const now = stat(process.pid)
  return now !== undefined && now.startTime === process.startTime && now.state !== 'Z' && now.state !== 'X'
}

/** It has begun to end, for which the kernel may take its time, and parts of it are gone: its files, its namespaces. */
export function isExiting(process: ProcessIdentity): boolean {
  const now = stat(process.pid)
  return now === undefined || now.startTime !== process.startTime || (now.flags & PF_EXITING) !== 0
}

/** include/linux/sched.h */
const PF_EXITING = 0x4

function stat(pid: number): { state: string; startTime: string; flags: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The command's name may hold spaces and brackets; the last bracket ends it.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] ?? '', flags: Number(fields[6]), startTime: `${fields[19]} ${bootId}` }
  } catch {
    return undefined
  }
}
