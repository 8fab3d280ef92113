// Processes as ps(1) lists them with -ef, read from /proc (proc_pid_stat(5)); other arguments are for ps itself.
import { execFile } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { promisify } from 'node:util'
import { ComposeError } from '../../shared/errors.ts'

export interface ProcessTable {
  titles: string[]
  /** The last column has all that is left of a line. */
  rows: string[][]
}

/** Seconds between the ticks of /proc, of which a second has 100 on every architecture that we know. */
const tick = 0.01

export async function processTable(pids: readonly number[], psArguments: string): Promise<ProcessTable> {
  return ['', '-ef'].includes(psArguments.trim()) ? fullFormat(pids) : ofPs(pids, psArguments)
}

function fullFormat(pids: readonly number[]): ProcessTable {
  const booted = Date.now() / 1000 - Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0])
  const users = userNames()
  return {
    titles: ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD'],
    rows: pids.flatMap(pid => {
      try {
        return [fullRow(pid, booted, users)]
      } catch {
        // It has ended meanwhile.
        return []
      }
    }),
  }
}

function fullRow(pid: number, booted: number, users: ReadonlyMap<number, string>): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8').trim()
  // The name stands in parentheses and may hold anything.
  const [, name = '', rest = ''] = /^\d+ \(([\s\S]*)\) (.*)$/.exec(text) ?? []
  const [, parent = '', , , terminal = '0', , , , , , , user = 0, kernel = 0, , , , , , , start = 0] = rest.split(' ')
  const { uid } = statSync(`/proc/${pid}`)
  const used = (Number(user) + Number(kernel)) * tick
  const started = booted + Number(start) * tick
  const age = Math.max(1, Date.now() / 1000 - started)
  const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)
  return [
    users.get(uid) ?? String(uid),
    String(pid),
    parent,
    String(Math.min(99, Math.floor((used / age) * 100))),
    startText(started),
    terminalName(Number(terminal)),
    clock(used),
    words.length > 0 ? words.join(' ') : `[${name}]`,
  ]
}

/** Of the host, as ps does it. */
function userNames(): Map<number, string> {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n')
  return new Map(lines.map(line => line.split(':')).map(([name = '', , uid]) => [Number(uid), name]))
}

function startText(seconds: number): string {
  const start = new Date(seconds * 1000)
  const two = (value: number) => String(value).padStart(2, '0')
  if (start.toDateString() === new Date().toDateString()) return `${two(start.getHours())}:${two(start.getMinutes())}`
  const month = start.toLocaleString('en', { month: 'short' })
  return `${month}${two(start.getDate())}`
}

/** The device's number: 136 to 143 are pseudo-terminals. */
function terminalName(number: number): string {
  const major = (number >> 8) & 0xfff
  const minor = (number & 0xff) | ((number >> 12) & 0xfff00)
  if (major >= 136 && major <= 143) return `pts/${(major - 136) * 256 + minor}`
  return number === 0 ? '?' : major === 4 ? `tty${minor}` : '?'
}

function clock(seconds: number): string {
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  return `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}`
}

/** ps lists all processes of the host: those of the container are picked by the column PID. */
async function ofPs(pids: readonly number[], text: string): Promise<ProcessTable> {
  const { stdout } = await promisify(execFile)('ps', text.trim().split(/\s+/)).catch(cause => {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    throw new ComposeError(
      'failed_precondition',
      missing ? `ps ${text} needs the program ps` : `error running ps: ${cause.message}`,
      {
        cause,
        hint: missing ? 'apt-get install -y procps; without arguments it is not needed' : undefined,
      },
    )
  })
  const [head = '', ...lines] = stdout.trimEnd().split('\n')
  const titles = head.trim().split(/\s+/)
  const column = titles.indexOf('PID')
  if (column < 0) throw new ComposeError('invalid_argument', "Couldn't find PID field in ps output")
  const rows = lines.map(line => fields(line, titles.length)).filter(row => pids.includes(Number(row[column])))
  return { titles, rows }
}

function fields(line: string, count: number): string[] {
  const words = line.trim().split(/\s+/)
  return [...words.slice(0, count - 1), words.slice(count - 1).join(' ')]
}
