// Who holds a port of the host: for the error that names what has to be stopped.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** "nginx (pid 1234)", or undefined when no process of ours to see listens there. */
export function portHolder(protocol: 'tcp' | 'udp', port: number): string | undefined {
  const inodes = new Set(['', '6'].flatMap(family => socketsOn(`/proc/net/${protocol}${family}`, port)))
  if (inodes.size === 0) return undefined
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid) || !holdsOne(pid, inodes)) continue
    try {
      return `${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} (pid ${pid})`
    } catch {
      // Gone meanwhile.
    }
  }
  return undefined
}

/** The inodes of bound sockets, out of the kernel's table (proc_net_tcp). */
function socketsOn(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const listening = '0A'
  try {
    return readFileSync(table, 'utf8')
      .split('\n')
      .slice(1)
      .map(line => line.trim().split(/\s+/))
      .filter(fields => fields[1]?.endsWith(suffix) && (table.includes('udp') || fields[3] === listening))
      .map(fields => fields[9] ?? '')
  } catch {
    return []
  }
}

function holdsOne(pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some(fd => {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1]
      return inode !== undefined && inodes.has(inode)
    })
  } catch {
    return false
  }
}
