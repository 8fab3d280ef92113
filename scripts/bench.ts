// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are Compose files.
// How long what a user waits for takes, as medians of several runs; with a Docker at hand (DOCKER_HOST or --docker URL,
// and `docker compose`) its figures stand beside ours: same files, same image, same run, one after the other.
// `node scripts/bench.ts [--docker URL] [--runs N]`; needs a quiet machine and says how quiet it was.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Docker } from '../src/docker/client/docker.ts'
import { parseHost } from '../src/docker/client/endpoint.ts'
import { followProgress } from '../src/docker/protocol/json-lines.ts'
import { busyboxTar } from '../test/busybox.ts'
import { type BuildRow, buildRows, buildxWords, ourWords, writeBuilds } from './bench-builds.ts'
import { type Command, chattyFile, timeAndMemory, watchedFile, watchLatency } from './bench-cli.ts'
import { idleShare, type NameFigures, names, shortRuns, type Throughput, throughput } from './bench-engine.ts'
import { memoryOf } from './memory.ts'
import { median, timed } from './timing.ts'

const { values } = parseArgs({
  options: { docker: { type: 'string' }, runs: { type: 'string', default: '5' } },
})
const runs = Number(values.runs)
const work = mkdtempSync(join(tmpdir(), 'tsc-bench-'))
const project = new URL('..', import.meta.url).pathname

interface Side {
  name: string
  /** Runs a compose command in a folder; answers with seconds. */
  compose(folder: string, ...args: string[]): Promise<number>
  command(folder: string, ...args: string[]): Command
  build(row: BuildRow): Promise<number>
  /** Of its Engine API. */
  url: string
  /** Undefined: it can't be told. */
  memory?: () => string
  /** The engine's process id. */
  pid?: () => number
  stopEngine?: () => Promise<void>
}

const root = join(work, 'root')
const { DOCKER_HOST: _host, DOCKER_CONTEXT: _context, ...callers } = process.env
const timedCommand = ({ file, args, cwd, env }: Command) => timed(file, args, cwd, env)
const ours: Side = {
  name: 'tsc-compose',
  compose: (folder, ...args) => timedCommand(ours.command(folder, ...args)),
  command: (folder, ...args) => ({
    file: process.execPath,
    args: [join(project, 'bin/run.js'), ...args],
    cwd: join(work, folder),
    env: { ...callers, TSC_COMPOSE_ROOT: root },
  }),
  build: row => ours.compose(row.folder, ...ourWords(row)),
  url: `unix://${join(root, 'run/engine.sock')}`,
  memory: () => memoryOf(root),
  pid: () => Number(readFileSync(join(root, 'run/engine.pid'), 'utf8')),
  stopEngine: async () => {
    await ours.compose('one', 'engine', 'stop')
  },
}
const dockerUrl = values.docker ?? process.env.DOCKER_HOST
const peer = (folder: string, ...args: string[]): Command => ({
  file: 'docker',
  args: ['compose', ...args],
  cwd: join(work, folder),
  env: { ...callers, DOCKER_HOST: dockerUrl },
})
const docker: Side | undefined = dockerUrl
  ? {
      name: 'docker compose',
      url: dockerUrl,
      compose: (folder, ...args) => timedCommand(peer(folder, ...args)),
      command: peer,
      build: row => timedCommand({ ...peer(row.folder), args: buildxWords(row) }),
    }
  : undefined
const sides = docker ? [ours, docker] : [ours]

try {
  await prepare()
  report(await measure())
  await ours.compose('one', 'engine', 'start')
  await measureCommands()
  await measureEngines()
} finally {
  for (const side of sides)
    for (const folder of ['one', 'ten', 'hundred', 'chatty', 'watched'])
      await side.compose(folder, 'down', '-t', '0').catch(() => {})
  await ours.stopEngine?.()
  rmSync(work, { recursive: true, force: true })
}

/** With the three above twelve attributes, half of them with variables: what `config` is measured with. */
function furtherAttributes(index: number): string[] {
  return [
    `labels: {bench.number: "${index}", bench.team: "\${TEAM:-core}"}`,
    'restart: ${RESTART:-unless-stopped}',
    `ports: ["${10_000 + index}:80"]`,
    'volumes: ["./src:/src:ro", "/data"]',
    `depends_on: [${index > 0 ? `service${index - 1}` : ''}]`,
    'healthcheck: {test: [CMD, "true"], interval: "${INTERVAL:-5s}"}',
    'mem_limit: ${MEMORY:-64m}',
    'user: ${OWNER:-1000}:${GROUP:-1000}',
    'stop_grace_period: ${GRACE:-10s}',
  ].map(line => `    ${line}`)
}

function clientOf({ url }: Side): Docker {
  return new Docker(parseHost(url, () => undefined))
}

/** `first`: what the first service has in its environment. */
function writeFolder(folder: string, count: number, first = '0'): void {
  const services = Array.from({ length: count }, (_, index) =>
    [
      `  service${index}:`,
      '    image: bench-busybox',
      '    command: sleep infinity',
      '    environment:',
      `      NUMBER: "${index === 0 ? first : index}"`,
      // Its recreation is measured, not how long a program without a handler sits out its grace period.
      ...(index === 0 ? ['    stop_signal: SIGKILL'] : []),
      ...(folder === 'many' ? furtherAttributes(index) : []),
    ].join('\n'),
  )
  writeFileSync(join(work, folder, 'compose.yaml'), `name: bench-${folder}\nservices:\n${services.join('\n')}\n`)
}

/** Files, and the image on every side from the same tar. */
async function prepare(): Promise<void> {
  for (const [folder, count] of Object.entries({ one: 1, ten: 10, hundred: 100, many: 500 })) {
    mkdirSync(join(work, folder))
    writeFolder(folder, count)
  }
  writeBuilds(work)
  mkdirSync(join(work, 'chatty'))
  writeFileSync(join(work, 'chatty', 'compose.yaml'), chattyFile())
  mkdirSync(join(work, 'watched', 'src'), { recursive: true })
  writeFileSync(join(work, 'watched', 'compose.yaml'), watchedFile)
  writeFileSync(join(work, 'watched', 'Dockerfile'), 'FROM bench-busybox\n')
  await ours.compose('one', 'engine', 'start')
  for (const side of sides) {
    const client = clientOf(side)
    await client.negotiate()
    await followProgress(
      await client.importImage(readFileSync(busyboxTar()), {
        repo: 'bench-busybox',
        tag: 'latest',
        changes: 'CMD ["sh"]',
      }),
    )
    client.close()
  }
}

/** One at a time, and what it holds in memory. */
async function measureCommands(): Promise<void> {
  const cells = new Map<string, string[]>()
  const note = (what: string, cell: string) => cells.set(what, [...(cells.get(what) ?? []), cell])
  for (const side of sides) {
    const versions: number[] = []
    for (let run = 0; run < runs; run++) versions.push(await side.compose('one', 'version'))
    note('`version`', `${median(versions).toFixed(3)} s`)
    const client = clientOf(side)
    await client.negotiate()
    await side.compose('chatty', 'up', '-d')
    await side.compose('chatty', 'wait', ...Array.from({ length: 10 }, (_, index) => `s${index}`)).catch(() => {})
    const { seconds, peak } = await timeAndMemory(side.command('chatty', 'logs'))
    note('`logs`, a million lines of 10 services', `${seconds.toFixed(1)} s, ${Math.round(peak)} MiB`)
    await side.compose('chatty', 'down', '-t', '0')
    const path = join(work, 'watched/src/file')
    const figures = await watchLatency(side.command('watched', 'watch'), client, 'bench-watched-app-1', {
      path,
      inside: '/src/file',
      times: 5,
    }).catch((error: unknown) => `– (${String(error).trim().split('\n').at(-1)})`)
    note('a saved file is in the container', typeof figures === 'string' ? figures : `${median(figures).toFixed(3)} s`)
    await side.compose('watched', 'down', '-t', '0')
    client.close()
  }
  console.log(
    `\n| one command | ${sides.map(({ name }) => name).join(' | ')} |\n|---|${sides.map(() => '---|').join('')}`,
  )
  for (const [what, own] of cells) console.log(`| ${what} | ${own.join(' | ')} |`)
}

/** What the engine itself does, in turns, so that a busy moment of the machine hits both. */
async function measureEngines(): Promise<void> {
  const figures = sides.map(side => ({
    side,
    short: [] as number[],
    speed: [] as Throughput[],
    asked: [] as NameFigures[],
  }))
  for (let run = 0; run < 3; run++) {
    for (const { side, short, speed, asked } of figures) {
      const client = clientOf(side)
      await client.negotiate()
      short.push(...(await shortRuns(client, 10)))
      speed.push(await throughput(client))
      asked.push(await names(client))
      client.close()
    }
  }
  const rows: [string, (one: (typeof figures)[number]) => string][] = [
    ['run of `true` and its removal, by the API', ({ short }) => `${median(short).toFixed(3)} s`],
    ['host → published port', ({ speed }) => `${median(speed.map(one => one.hostToPort)).toFixed(1)} Gbit/s`],
    ['container → container', ({ speed }) => `${median(speed.map(one => one.containerToContainer)).toFixed(1)} Gbit/s`],
    ['names, 16 questions in flight', ({ asked }) => `${median(asked.map(one => one.perSecond))} per second`],
    ['of these the slowest of a hundred', ({ asked }) => `${median(asked.map(one => one.p99)).toFixed(2)} ms`],
  ]
  console.log(`\n| median | ${sides.map(({ name }) => name).join(' | ')} |\n|---|${sides.map(() => '---|').join('')}`)
  for (const [what, cell] of rows) console.log(`| ${what} | ${figures.map(cell).join(' | ')} |`)
}

async function reportIdling({ memory, pid }: Side): Promise<void> {
  if (memory) console.log(`Memory with 100 containers: ${memory()}\n`)
  if (pid) console.log(`Idle with 100 containers: ${(100 * (await idleShare(pid(), 20))).toFixed(2)} % of a core\n`)
}

type Row = { what: string; figures: Map<Side, number[]> }

async function measure(): Promise<Row[]> {
  const rows: Row[] = []
  const note = (what: string, side: Side, seconds: number) => {
    let row = rows.find(other => other.what === what)
    if (!row) {
      row = { what, figures: new Map() }
      rows.push(row)
    }
    row.figures.set(side, [...(row.figures.get(side) ?? []), seconds])
  }
  for (let run = 0; run < runs; run++) {
    for (const side of sides) {
      for (const [folder, count] of [
        ['one', '1 service'],
        ['ten', '10 services'],
        ['hundred', '100 services'],
      ] as const) {
        // The largest takes a peer half a minute: two rounds tell enough.
        if (folder === 'hundred' && run >= 2 && side !== ours) continue
        if (folder === 'hundred') writeFolder(folder, 100)
        note(`up -d, ${count}`, side, await side.compose(folder, 'up', '-d'))
        note(`up -d again, ${count}`, side, await side.compose(folder, 'up', '-d'))
        if (folder === 'hundred') {
          writeFolder(folder, 100, 'changed')
          note('up -d, one service of 100 changed', side, await side.compose(folder, 'up', '-d'))
        }
        note(`ps, ${count}`, side, await side.compose(folder, 'ps'))
        if (folder === 'hundred' && run === 0) await reportIdling(side)
        note(`down -t 0, ${count}`, side, await side.compose(folder, 'down', '-t', '0'))
      }
      for (const row of buildRows) {
        row.begin?.(work, run)
        note(row.what, side, await side.build(row))
      }
      note('config, 1 service', side, await side.compose('one', 'config'))
      note('config, 500 services', side, await side.compose('many', 'config'))
      if (side.stopEngine) {
        await side.stopEngine()
        note('up -d, 1 service, engine not running', side, await side.compose('one', 'up', '-d'))
        await side.compose('one', 'down', '-t', '0')
      }
    }
  }
  return rows
}

function report(rows: readonly Row[]): void {
  const [processor] = cpus()
  console.log(
    `${cpus().length} × ${processor?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.version}, load ${loadavg()[0]?.toFixed(2)}, ${runs} runs\n`,
  )
  const cell = (figures: number[] | undefined) =>
    figures
      ? `${median(figures).toFixed(3)} s (${Math.min(...figures).toFixed(3)}–${Math.max(...figures).toFixed(3)})`
      : '–'
  console.log(`| median (range) | ${sides.map(({ name }) => name).join(' | ')} |`)
  console.log(`|---|${sides.map(() => '---|').join('')}`)
  for (const { what, figures } of rows)
    console.log(`| ${what} | ${sides.map(side => cell(figures.get(side))).join(' | ')} |`)
}
