// Signals that nobody hears: the kernel drops those that the first process of a PID namespace has no handler for
// (pid_namespaces(7)), so that a stop would sit out its whole grace period.
import { readFileSync } from 'node:fs'

/** Whether the kernel would drop the signal now: it is neither caught nor blocked (proc_pid_status(5)). */
export function isUnheeded(pid: number, signal: number): boolean {
  let status: string
  try {
    status = readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return false
  }
  return drops(status, signal)
}

/** `status`: the text of /proc/PID/status. */
export function drops(status: string, signal: number): boolean {
  const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? ''
  const namespaces = field('NSpid').split(/\s+/)
  if (namespaces.length < 2 || namespaces.at(-1) !== '1') return false
  const has = (mask: string) => (BigInt(`0x${mask || '0'}`) >> BigInt(signal - 1)) & 1n
  return !has(field('SigCgt')) && !has(field('SigBlk'))
}
