// What a single command takes beside its time: memory at its peak, and how soon a saved file is in a container.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Docker } from '../src/docker/client/docker.ts'

export interface Command {
  file: string
  args: readonly string[]
  cwd: string
  env: NodeJS.ProcessEnv
}

/** Ten services with a hundred thousand lines each. */
export function chattyFile(): string {
  const words = 'of a service that writes a good deal of text into its log'
  const command = `["sh", "-c", "seq 100000 | sed 's/.*/line & ${words}/'"]`
  const services = Array.from(
    { length: 10 },
    (_, index) => `  s${index}: {image: bench-busybox, command: ${command}}\n`,
  )
  return `name: bench-chatty\nservices:\n${services.join('')}`
}

export const watchedFile = `name: bench-watched
services:
  app:
    image: bench-busybox
    command: sleep infinity
    init: true
    develop: {watch: [{path: ./src, action: sync, target: /src}]}
`

/** Seconds, and the largest resident set of the command and its children in MiB; its output is read as it comes. */
export async function timeAndMemory({ file, args, cwd, env }: Command): Promise<{ seconds: number; peak: number }> {
  const started = performance.now()
  const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'ignore'] })
  let peak = 0
  const look = setInterval(() => {
    peak = Math.max(peak, ...family(child.pid ?? 0).map(highest))
  }, 20)
  child.stdout.resume()
  const [code] = await once(child, 'close')
  clearInterval(look)
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${code}`)
  return { seconds: (performance.now() - started) / 1000, peak }
}

/** Seconds from a file's save to its being in the container at `inside`, each time with another content. */
export async function watchLatency(
  command: Command,
  client: Docker,
  container: string,
  { path, inside, times }: { path: string; inside: string; times: number },
): Promise<number[]> {
  writeFileSync(path, 'first')
  const { file, args, cwd, env } = command
  const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'exit')
  try {
    await heard(child, /watch enabled/i)
    const { State } = await client.getContainer(container).inspect()
    const seen = `/proc/${State?.Pid}/root${inside}`
    const figures: number[] = []
    for (let time = 0; time < times; time++) {
      await sleep(300)
      const content = `number ${time}`
      const saved = performance.now()
      writeFileSync(path, content)
      while (!existsSync(seen) || readFileSync(seen, 'utf8') !== content) {
        if (performance.now() - saved > 20_000) throw new Error(`${path} did not come to ${container}`)
        await sleep(1)
      }
      figures.push((performance.now() - saved) / 1000)
    }
    return figures
  } finally {
    child.kill('SIGINT')
    await ended
  }
}

function heard(child: ChildProcess, what: RegExp): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (what.test(said)) resolve()
    })
  child.once('exit', () => reject(new Error(said)))
  return promise
}

function family(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)
  return [pid, ...children.flatMap(family)]
}

const highest = (pid: number): number => Number(/^VmHWM:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1024

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
