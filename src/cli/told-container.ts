// Progress of commands that act on one container at a time and whose output is the point: lines, also on a terminal.
import type { ProgressEvent } from '../scheduler/execute/progress.ts'
import { openProgress, progressMode } from '../ui/progress.ts'
import type { ComposeCommand } from './command.ts'
import { ansiOf } from './perform.ts'

export interface Teller {
  working(id: string, text: string, details?: string): void
  done(id: string, text: string, details?: string): void
  failed(id: string, details: string): void
}

export async function openTeller(command: ComposeCommand): Promise<Teller> {
  const mode = progressMode(command.globals.progress ?? process.env.COMPOSE_PROGRESS, process.stderr, ansiOf(command))
  const { onProgress } = await openProgress(mode === 'tty' ? 'plain' : mode, [], process.stderr)
  const tell = (status: ProgressEvent['status']) => (id: string, text: string, details?: string) =>
    onProgress({ id, status, text, ...(details === undefined ? {} : { details }) })
  return { working: tell('Working'), done: tell('Done'), failed: (id, details) => tell('Error')(id, 'Error', details) }
}
