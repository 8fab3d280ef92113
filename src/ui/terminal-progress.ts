// Progress on a terminal: one line of listr2 for each thing the plan touches, ticked off when its last operation ends.
import { Listr, ListrLogger, ProcessOutput } from 'listr2'
import type { ProgressEvent } from '../scheduler/execute/progress.ts'
import { type Plan, subjectOf } from '../scheduler/plan/plan.ts'
import type { ProgressRenderer } from './progress-renderer.ts'

/** The part of listr2's task that is used here. */
interface Line {
  title: string
  output: string
  /** Neither ticked off nor failed. */
  skip(): void
}

interface Row {
  left: number
  line: Line | undefined
  last: string
  done: boolean
  finish(error?: Error): void
  finished: Promise<void>
}

/** Ends by itself when the last operation of `plan` has ended; what others report is not shown. */
export function terminalProgress(plan: Plan): ProgressRenderer {
  const rows = new Map<string, Row>()
  for (const { operation } of plan) {
    const id = subjectOf(operation)
    if (id === undefined) continue
    const row = rows.get(id)
    if (row) row.left++
    else rows.set(id, newRow())
  }
  if (rows.size === 0) return { onProgress: () => {}, drawn: Promise.resolve(), end: async () => {} }

  const tasks = [...rows].map(([id, row]) => ({
    title: id,
    task: (_context: unknown, line: Line) => {
      row.line = line
      if (row.last) line.title = row.last
      return row.finished
    },
  }))
  const output = new ProcessOutput(process.stderr, process.stderr)
  const rendererOptions = {
    logger: new ListrLogger({ processOutput: output }),
    collapseErrors: false,
    showErrorMessage: false,
  }
  const listr = new Listr(tasks, {
    concurrent: true,
    exitOnError: false,
    collectErrors: false,
    registerSignalListeners: false,
    // listr2 falls back when stdout is no terminal; here it is stderr that has to be one.
    renderer: 'default',
    rendererOptions,
    fallbackRenderer: 'default',
    fallbackRendererOptions: rendererOptions,
  })
  const drawn: Promise<void> = listr.run().then(
    () => {},
    () => {},
  )
  return {
    onProgress: event => show(rows, event),
    drawn,
    async end(failure) {
      for (const [id, row] of rows) {
        if (failure && failure.subject === id) row.finish(new Error(row.last))
        else if (failure && !row.done) row.line?.skip()
        row.finish()
      }
      await drawn
    },
  }
}

function newRow(): Row {
  let settle: { resolve(): void; reject(error: Error): void } | undefined
  const finished = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject }
  })
  finished.catch(() => {})
  const row: Row = {
    left: 1,
    line: undefined,
    last: '',
    done: false,
    finished,
    finish(error) {
      row.done = true
      if (error) settle?.reject(error)
      else settle?.resolve()
    },
  }
  return row
}

function show(rows: ReadonlyMap<string, Row>, event: ProgressEvent): void {
  const row = rows.get(event.parentId ?? event.id)
  if (!row || row.done) return
  if (event.parentId) {
    const share = event.total ? ` ${Math.floor((100 * (event.current ?? 0)) / event.total)}%` : ''
    if (row.line) row.line.output = `${event.id} ${event.text}${share}`
    return
  }
  row.last = [event.id, event.text, event.details].filter(Boolean).join(' ')
  if (row.line) row.line.title = row.last
  if (event.status === 'Working') return
  row.left--
  if (event.status === 'Error') row.finish(new Error(row.last))
  else if (row.left <= 0) row.finish()
}
