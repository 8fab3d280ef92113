// What buildx says at its end of a build that failed: the step and what it wrote, lines of the Dockerfile, the error. It is
// kept apart from the log before it, so that it can be told as any other build's failure is.
import { ComposeError } from '../../../shared/errors.ts'

export interface BuildxOutput {
  push(text: string): void
  /** The log's last words where all went well. */
  succeed(): void
  /** `fallback`: what is said where buildx says nothing. */
  failure(services: readonly string[], fallback: string): ComposeError
}

const rule = /^-{6}$/
/** The place in the Dockerfile, which stands before its lines. */
const place = /^[^#\s].*:\d+$/
const error = /^ERROR: (.*)$/

/** `onText` is given the log as it comes, whole lines. */
export function buildxOutput(onText: (text: string) => void): BuildxOutput {
  let rest = ''
  const report: string[] = []
  return {
    push(text) {
      const lines = `${rest}${text}`.split('\n')
      rest = lines.pop() ?? ''
      const from = report.length > 0 ? 0 : lines.findIndex(line => [rule, place, error].some(one => one.test(line)))
      const log = from < 0 ? lines : lines.slice(0, from)
      if (log.length > 0) onText(log.map(line => `${line}\n`).join(''))
      if (from >= 0) report.push(...lines.slice(from))
    },
    succeed() {
      const left = [...report, ...(rest === '' ? [] : [rest])]
      if (left.length > 0) onText(left.map(line => `${line}\n`).join(''))
    },
    failure: (services, fallback) => readReport([...report, rest], services, fallback),
  }
}

function readReport(lines: readonly string[], services: readonly string[], fallback: string): ComposeError {
  const [begin, end] = lines.flatMap((line, index) => (rule.test(line) ? index : []))
  const step = begin === undefined ? [] : lines.slice(begin + 1, end)
  const source = lines.filter(line => /^ *\d+ \| /.test(line))
  const path = source.length > 0 ? lines.find(line => place.test(line)) : undefined
  const said = lines.flatMap(line => error.exec(line)?.[1] ?? []).at(-1)
  return new ComposeError('failed_precondition', said ?? fallback, {
    path,
    details: {
      kind: 'build',
      services,
      instruction: /^ > (?:\[[^\]]*\] )?(.*):$/.exec(step[0] ?? '')?.[1],
      output: step.slice(1).map(line => line.replace(/^\d+\.\d+ /, '')),
      source,
    },
  })
}
