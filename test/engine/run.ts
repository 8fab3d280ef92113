// Containers for tests: run one to its end, or start one and look inside.
import { readFileSync } from 'node:fs'
import type { Container } from '../../src/docker/client/container.ts'
import { frames } from '../../src/docker/protocol/frames.ts'
import type { ContainerCreateRequest } from '../../src/docker/protocol/types.ts'
import { busyboxTar } from '../busybox.ts'
import type { TestEngine } from './engine-process.ts'

export interface Output {
  exitCode: number
  stdout: string
  stderr: string
}

/** Imports the tests' image as `busybox`. */
export async function importBusybox({ docker }: TestEngine): Promise<void> {
  const answer = await docker.importImage(readFileSync(busyboxTar()), {
    repo: 'busybox',
    tag: 'latest',
    changes: 'CMD ["sh"]',
  })
  for await (const _ of answer);
}

type Wanted = ContainerCreateRequest & { name?: string }

/** A started container. */
export async function start({ docker }: TestEngine, wanted: Wanted): Promise<Container> {
  const container = await docker.createContainer({ Image: 'busybox', ...wanted })
  await container.start()
  return container
}

/** Runs a container to its end and removes it. */
export async function run({ docker }: TestEngine, wanted: Wanted): Promise<Output> {
  const container = await docker.createContainer({ Image: 'busybox', ...wanted })
  const ended = container.wait({ condition: 'next-exit' })
  await container.start()
  const { StatusCode: exitCode } = await ended
  const { stdout, stderr } = await logsOf(container)
  await container.remove({ v: true })
  return { exitCode, stdout, stderr }
}

export const shell = (engine: TestEngine, script: string, wanted: Wanted = {}): Promise<Output> =>
  run(engine, { Cmd: ['sh', '-c', script], ...wanted })

export async function logsOf(
  container: Container,
  options: Record<string, unknown> = {},
): Promise<{ stdout: string; stderr: string }> {
  return collect(await container.logs({ stdout: true, stderr: true, ...options }))
}

/** Runs a program in a running container. */
export async function exec(
  container: Container,
  cmd: string[],
  options: { stdin?: string; user?: string } = {},
): Promise<Output> {
  const created = await container.exec({
    Cmd: cmd,
    AttachStdout: true,
    AttachStderr: true,
    AttachStdin: options.stdin !== undefined,
    ...(options.user ? { User: options.user } : {}),
  })
  const stream = await created.start()
  if (options.stdin !== undefined) stream.end(options.stdin)
  const output = await collect(stream)
  const { ExitCode } = await created.inspect()
  return { exitCode: ExitCode ?? -1, ...output }
}

async function collect(source: Parameters<typeof frames>[0]): Promise<{ stdout: string; stderr: string }> {
  const output = { stdout: '', stderr: '' }
  for await (const { stream, data } of frames(source))
    output[stream === 'stderr' ? 'stderr' : 'stdout'] += data.toString('utf8')
  return output
}
