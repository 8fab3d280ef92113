// Lines of a Dockerfile around those that failed, as everybody's builder shows them.

const around = 3

/** `   3 |     COPY . .` and `   4 | >>> RUN npm ci`. */
export function excerpt(text: string, first: number, last: number): string[] {
  const lines = text.split(/\r?\n/)
  const from = Math.max(1, first - around)
  const to = Math.min(lines.length, last + around)
  return lines.slice(from - 1, to).map((line, index) => {
    const number = from + index
    const mark = number >= first && number <= last ? '>>>' : '   '
    return `${String(number).padStart(4)} | ${mark} ${line}`
  })
}
