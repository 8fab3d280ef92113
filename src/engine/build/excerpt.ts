// Lines of a Dockerfile around those that failed.

const around = 2

/** `   10 | COPY . .` and ` > 11 | RUN npm ci`. */
export function excerpt(text: string, first: number, last: number): string[] {
  const lines = text.split(/\r?\n/)
  const from = Math.max(1, first - around)
  const to = Math.min(lines.length, last + around)
  const width = String(to).length
  const shown = lines.slice(from - 1, to).map((line, index) => {
    const number = from + index
    const mark = number >= first && number <= last ? '>' : ' '
    return ` ${mark} ${String(number).padStart(width)} | ${line}`.trimEnd()
  })
  while (/\|$/.test(shown.at(-1) ?? '') && to > last && shown.length > 1) shown.pop()
  return shown
}
