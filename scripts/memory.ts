// What an engine and all that belongs to it hold in memory: resident (shared pages counted in each process) and
// proportional (shared pages counted once), from /proc.
import { readdirSync, readFileSync } from 'node:fs'

const kinds = [
  { name: 'engine', pattern: /^tsc-compose-engine/ },
  { name: 'supervisor', pattern: /tsc-compose-supervisor|^flock / },
  { name: 'conmon', pattern: /conmon\0/ },
]

/** A sentence; processes of the data root `root` are counted. */
export function memoryOf(root: string): string {
  const sums = kinds.map(({ name }) => ({ name, processes: 0, rss: 0, pss: 0 }))
  for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    const command = read(`/proc/${pid}/cmdline`)
    const kind = kinds.findIndex(({ pattern }) => pattern.test(command))
    const sum = sums[kind]
    if (!sum || !`${command}${read(`/proc/${pid}/environ`)}`.includes(root)) continue
    const rollup = read(`/proc/${pid}/smaps_rollup`)
    sum.processes++
    sum.rss += kilobytes(rollup, 'Rss')
    sum.pss += kilobytes(rollup, 'Pss')
  }
  return sums
    .map(({ name, processes, rss, pss }) => `${processes} ${name}: ${megabytes(rss)} RSS, ${megabytes(pss)} PSS`)
    .join('; ')
}

const kilobytes = (rollup: string, key: string) => Number(new RegExp(`^${key}: +(\\d+)`, 'm').exec(rollup)?.[1] ?? 0)
const megabytes = (kib: number) => `${(kib / 1024).toFixed(1)} MiB`

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
