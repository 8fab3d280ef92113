// Lines of a Dockerfile around those that failed, as many as BuildKit shows and in its form.
import { ComposeError } from '../../../shared/errors.ts'

/** `   3 |     COPY . .` and `   4 | >>> RUN npm ci`. */
export function excerpt(text: string, first: number, last: number): string[] {
  const lines = text.split(/\r?\n/)
  let [from, to] = [first, Math.min(last, lines.length)]
  const wanted = first === last ? 4 : 2
  for (let more = 0; more < wanted; more++) {
    if (from > 1) {
      from--
      more++
    }
    if (to !== lines.length) {
      to++
      more++
    }
  }
  return lines.slice(from - 1, to).map((line, index) => {
    const number = from + index
    const mark = number >= first && number <= last ? '>>>' : '   '
    return `${String(number).padStart(4)} | ${mark} ${line}`
  })
}

/** An error that has its place in this file, with the lines there. */
export function withExcerpt(error: unknown, { file, text }: { file: string; text: string }): unknown {
  if (!(error instanceof ComposeError) || !error.path?.startsWith(`${file}:`)) return error
  if (error.details && 'source' in error.details) return error
  const line = Number(error.path.slice(file.length + 1))
  const { code, message, path, hint } = error
  const details = { kind: 'build', ...error.details, source: excerpt(text, line, line) }
  return new ComposeError(code, message, { path, hint, details, cause: error })
}
