// Network sysctls of the thread's network namespace, as files below /proc/sys/net.
import { writeFileSync } from 'node:fs'
import { isErrno } from '../../shared/errors.ts'

/** `ipv6/conf/eth0/disable_ipv6`. A kernel without that part, such as one without IPv6, has nothing to be set. */
export function setNetSysctl(name: string, value: string): void {
  try {
    writeFileSync(`/proc/sys/net/${name}`, value)
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error
  }
}
