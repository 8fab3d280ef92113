// Builds to measure: a Dockerfile of two stages and twelve steps, built for the first time and again, and a folder of
// 20,000 files. Docker's are built by buildx, ours by the CLI's `build`.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface BuildRow {
  what: string
  folder: string
  noCache: boolean
}

/** In this order: the first leaves in the cache what the second finds there. */
export const buildRows: readonly BuildRow[] = [
  { what: 'build, 12 steps in 2 stages, --no-cache', folder: 'staged', noCache: true },
  { what: 'build, nothing changed', folder: 'staged', noCache: false },
  { what: 'build, COPY of 20,000 files, --no-cache', folder: 'filled', noCache: true },
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
  for (let index = 0; index < 200; index++) {
    const folder = join(work, 'filled/files', `d${index}`)
    mkdirSync(folder, { recursive: true })
    for (let file = 0; file < 100; file++) writeFileSync(join(folder, `f${file}`), `${index} ${file}\n`.repeat(100))
  }
}

export const ourWords = ({ noCache }: BuildRow): string[] => ['build', '-q', ...(noCache ? ['--no-cache'] : [])]

export const buildxWords = ({ folder, noCache }: BuildRow): string[] => [
  ...['buildx', 'build', '-q', '--load', '-t', `bench-${folder}-app`],
  ...(noCache ? ['--no-cache'] : []),
  '.',
]
