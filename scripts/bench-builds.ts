// Builds to measure: a Dockerfile of two stages and twelve steps, built for the first time and again, and a folder of
// 20,000 files. Docker's are built by buildx, ours by the CLI's `build`.
import { existsSync, mkdirSync, mkdtempSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface BuildRow {
  what: string
  folder: string
  noCache?: boolean
  /** Done before each run, on both sides the same; not measured. */
  begin?(work: string, run: number): void
}

/** In this order: the first leaves in the cache what the second finds there. */
export const buildRows: readonly BuildRow[] = [
  { what: 'build, 12 steps in 2 stages, --no-cache', folder: 'staged', noCache: true },
  { what: 'build, nothing changed', folder: 'staged' },
  { what: 'build, COPY of 20,000 files', folder: 'filled', begin: fill },
  {
    what: 'build, COPY of 20,000 files, one of them changed',
    folder: 'filled',
    begin: (work, run) => writeFileSync(join(work, 'filled/files/d0/f0'), `${once} changed ${run}`),
  },
]

const staged = [
  'FROM bench-busybox AS made',
  'WORKDIR /src',
  'COPY a ./a',
  ...[1, 2, 3, 4].map(step => `RUN echo ${step} >> log`),
  'COPY b ./b',
  'RUN cat a/* b/* > all',
  'FROM bench-busybox',
  'WORKDIR /app',
  'COPY --from=made /src/all .',
  'COPY a ./a',
  'RUN wc -l all > lines',
  'CMD ["cat", "lines"]',
]

export function writeBuilds(work: string): void {
  for (const [folder, dockerfile] of [
    ['staged', staged.join('\n')],
    ['filled', 'FROM bench-busybox\nCOPY files /files\n'],
  ] as const) {
    mkdirSync(join(work, folder))
    writeFileSync(join(work, folder, 'Dockerfile'), dockerfile)
    writeFileSync(join(work, folder, 'compose.yaml'), `name: bench-${folder}\nservices:\n  app:\n    build: .\n`)
  }
  for (const part of ['a', 'b']) {
    mkdirSync(join(work, 'staged', part))
    for (let file = 0; file < 20; file++) writeFileSync(join(work, 'staged', part, `f${file}`), `${part} ${file}\n`)
  }
}

/** An engine that was measured before has what was built then. */
const once = `${process.pid} ${Date.now()}`

/** New ones for each run, as fresh checkouts are: nobody has them yet. */
function fill(work: string, run: number): void {
  const files = join(work, 'filled/files')
  // The old ones stay where they are: a file system makes new files slowly where others have just been deleted.
  if (existsSync(files)) renameSync(files, join(mkdtempSync(join(work, 'before-')), 'files'))
  for (let index = 0; index < 200; index++) {
    const folder = join(files, `d${index}`)
    mkdirSync(folder, { recursive: true })
    for (let file = 0; file < 100; file++)
      writeFileSync(join(folder, `f${file}`), `${once} ${run} ${index} ${file}\n`.repeat(50))
  }
}

export const ourWords = ({ noCache }: BuildRow): string[] => ['build', '-q', ...(noCache ? ['--no-cache'] : [])]

export const buildxWords = ({ folder, noCache }: BuildRow): string[] => [
  ...['buildx', 'build', '-q', '--load', '-t', `bench-${folder}-app`],
  ...(noCache ? ['--no-cache'] : []),
  '.',
]
