// What the engine itself does, measured through its API and in its containers' namespaces: a short container, names,
// throughput, idling. Each figure is taken the same way on every side.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Container } from '../src/docker/client/container.ts'
import type { Docker } from '../src/docker/client/docker.ts'

const image = 'bench-busybox'
const port = 18_790

/** Seconds from create to the end of the removal of a container that runs `true`, `count` times. */
export async function shortRuns(docker: Docker, count: number): Promise<number[]> {
  const seconds: number[] = []
  for (let run = 0; run < count; run++) {
    const began = performance.now()
    const container = await docker.createContainer({ Image: image, Cmd: ['true'] })
    const ended = container.wait({ condition: 'next-exit' })
    await container.start()
    await ended
    await container.remove()
    seconds.push((performance.now() - began) / 1000)
  }
  return seconds
}

export interface Throughput {
  /** Gigabits per second. */
  hostToPort: number
  containerToContainer: number
}

/** iperf3 in the containers' network namespaces: the network is measured, not what an image brings. */
export async function throughput(docker: Docker): Promise<Throughput> {
  if (spawnSync('iperf3', ['--version']).error) throw new Error('iperf3 is missing: apt-get install -y iperf3')
  await using pair = await twoContainers(docker)
  const [server, client] = pair.pids
  const listener = spawn('nsenter', ['-t', String(server), '-n', 'iperf3', '-s', '--forceflush'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(listener.stdout, 'data')
  try {
    return {
      hostToPort: bits('iperf3', ['-c', '127.0.0.1', '-p', String(port)]),
      containerToContainer: bits('nsenter', ['-t', String(client), '-n', 'iperf3', '-c', pair.address]),
    }
  } finally {
    listener.kill()
    await once(listener, 'exit')
  }
}

function bits(file: string, args: string[]): number {
  const { stdout } = spawnSync(file, [...args, '-t', '4', '-O', '1', '-J'], { encoding: 'utf8' })
  // The JSON of iperf3 -J.
  const said = JSON.parse(stdout) as { end?: { sum_received?: { bits_per_second?: number } }; error?: string }
  const found = said.end?.sum_received?.bits_per_second
  if (found === undefined) throw new Error(`iperf3 ${args.join(' ')}: ${said.error}`)
  return found / 1e9
}

export interface NameFigures {
  perSecond: number
  /** Milliseconds. */
  p99: number
}

/** Questions for another container's name, `inFlight` at a time, asked inside a container's namespace. */
export async function names(docker: Docker, inFlight = 16): Promise<NameFigures> {
  await using pair = await twoContainers(docker)
  const script = new URL('./dns-load.ts', import.meta.url).pathname
  const args = ['-t', String(pair.pids[1]), '-n', process.execPath, script, 'bench-server', String(inFlight)]
  const { stdout, stderr } = spawnSync('nsenter', args, { encoding: 'utf8' })
  if (stdout === '') throw new Error(`dns-load: ${stderr}`)
  // What dns-load.ts prints.
  return JSON.parse(stdout) as NameFigures
}

/** The share of one core that a process takes over so many seconds. */
export async function idleShare(pid: number, seconds: number): Promise<number> {
  const ticks = () => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return Number(fields[11]) + Number(fields[12])
  }
  const ticksPerSecond = 100
  const before = ticks()
  await sleep(seconds * 1000)
  return (ticks() - before) / ticksPerSecond / seconds
}

interface Pair extends AsyncDisposable {
  /** Of the server, which publishes iperf3's port, and of the client. */
  pids: [number, number]
  address: string
}

async function twoContainers(docker: Docker): Promise<Pair> {
  const network = await docker.createNetwork({ Name: 'bench-net' })
  const made: Container[] = []
  const undo = async () => {
    for (const container of made) await container.remove({ force: true })
    await docker.getNetwork(network.id).remove()
  }
  try {
    for (const name of ['bench-server', 'bench-client']) {
      const PortBindings = name === 'bench-server' ? { '5201/tcp': [{ HostPort: String(port) }] } : {}
      const HostConfig = { NetworkMode: 'bench-net', PortBindings }
      const container = await docker.createContainer({
        name,
        Image: image,
        Cmd: ['sleep', '1000'],
        // Docker Engine publishes only what is exposed too.
        ExposedPorts: { '5201/tcp': {} },
        HostConfig,
      })
      made.push(container)
      await container.start()
    }
    const [server, client] = await Promise.all(made.map(container => container.inspect()))
    const pidOf = (one: typeof server) => one?.State?.Pid ?? 0
    const address = server?.NetworkSettings?.Networks?.['bench-net']?.IPAddress ?? ''
    return { pids: [pidOf(server), pidOf(client)], address, [Symbol.asyncDispose]: undo }
  } catch (error) {
    await undo()
    throw error
  }
}
