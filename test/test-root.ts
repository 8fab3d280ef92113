// Data roots of tests. Each notes which process made it, so that what a killed run left can be told from what is in use.
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const prefixes = ['tsc-engine-', 'tsc-e2e-', 'tsc-faults-', 'tsc-vm-', 'tsc-registry-'] as const
const noteName = 'test.pid'

export function makeTestRoot(prefix: (typeof prefixes)[number]): string {
  const root = mkdtempSync(join(tmpdir(), prefix))
  writeFileSync(join(root, noteName), identity(process.pid))
  return root
}

/** Roots whose test process is gone. */
export function abandonedRoots(): string[] {
  return readdirSync(tmpdir())
    .filter(name => prefixes.some(prefix => name.startsWith(prefix)))
    .map(name => join(tmpdir(), name))
    .filter(root => {
      const note = read(join(root, noteName))
      return note !== '' && note !== identity(Number(note.split(' ')[0]))
    })
}

/** Process id and start time: ids are used again. Empty for a process that isn't there. */
function identity(pid: number): string {
  const stat = read(`/proc/${pid}/stat`)
  const [state = 'Z', ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const startTime = fields[18]
  return state === 'Z' || startTime === undefined ? '' : `${pid} ${startTime}`
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
