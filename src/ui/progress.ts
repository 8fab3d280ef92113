// How the event stream is shown: on a terminal with listr2, elsewhere as plain lines, JSON or nothing.
// Progress goes to stderr; what a command answers goes to stdout.
import type { Writable } from 'node:stream'
import type { ProgressEvent } from '../scheduler/execute/progress.ts'
import type { Plan } from '../scheduler/plan/plan.ts'
import { ComposeError } from '../shared/errors.ts'
import type { ProgressRenderer } from './progress-renderer.ts'

export type ProgressMode = 'tty' | 'plain' | 'json' | 'quiet'

/** `--progress`, COMPOSE_PROGRESS, and what the terminal and --ansi allow. */
export function progressMode(
  asked: string | undefined,
  stderr: { isTTY?: boolean; columns?: number },
  ansi: string,
): ProgressMode {
  switch (asked || 'auto') {
    case 'none':
      return 'quiet'
    case 'auto':
      // Nobody has told a terminal of 0 columns (script, a CI job) its size: nothing can be drawn there.
      return stderr.isTTY && stderr.columns !== 0 && ansi !== 'never' ? 'tty' : 'plain'
    case 'tty':
    case 'plain':
    case 'json':
    case 'quiet':
      // Narrowed by the cases; TypeScript keeps string for switch(a || b).
      return asked as ProgressMode
    default:
      throw new ComposeError('invalid_argument', `unsupported --progress value "${asked}"`)
  }
}

/** How builds are shown where neither --progress nor COMPOSE_PROGRESS says how all is; undefined: as all else. */
export function buildDisplay(
  asked: string | undefined,
  { BUILDKIT_PROGRESS: value }: NodeJS.ProcessEnv,
): 'plain' | 'quiet' | undefined {
  if (asked && asked !== 'auto') return undefined
  switch (value || 'auto') {
    case 'auto':
    case 'tty':
      return undefined
    case 'plain':
      return 'plain'
    case 'quiet':
      return 'quiet'
    default:
      throw new ComposeError('invalid_argument', `invalid progress mode ${value}`, {
        hint: 'BUILDKIT_PROGRESS is auto, tty, plain or quiet here',
      })
  }
}

export async function openProgress(mode: ProgressMode, plan: Plan, stderr: Writable): Promise<ProgressRenderer> {
  if (mode === 'tty') {
    const { terminalProgress } = await import('./terminal-progress.ts')
    return terminalProgress(plan)
  }
  const format = mode === 'json' ? jsonLine : plainLine
  return {
    onProgress: event => {
      if (mode !== 'quiet') stderr.write(format(event))
    },
    drawn: Promise.resolve(),
    end: async () => {},
  }
}

/** ` Container p-web-1 Started `: with nothing to add, the line ends in a space. */
export function plainLine({ id, text, details = '' }: ProgressEvent): string {
  return ` ${id} ${text} ${details}\n`
}

function jsonLine({ id, parentId, status, text, details, current, total }: ProgressEvent): string {
  return `${JSON.stringify({ id, parent_id: parentId, status, text, details, current, total })}\n`
}
