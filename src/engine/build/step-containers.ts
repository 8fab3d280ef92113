// What RUN runs in: containers that no list shows and no event tells of. They are made, run and taken away here; the
// watch of exits asks for them as for all others. What a kill of the engine leaves of one belongs to no record, and the
// next start sweeps it.
import { rm } from 'node:fs/promises'
import type { ContainerCreateRequest } from '../../docker/protocol/types.ts'
import { identify } from '../../shared/processes.ts'
import type { RootFileSystems } from '../containers/files/rootfs.ts'
import type { Launcher } from '../containers/life/launch.ts'
import { logPathOf } from '../containers/logs/attachments.ts'
import { type LogEntry, readLog } from '../containers/logs/log-file.ts'
import type { ContainerRecord } from '../containers/record.ts'
import type { Registry } from '../containers/registry.ts'
import { createRecord } from '../containers/request/create-record.ts'
import type { Networks } from '../networks/networks.ts'
import type { Volumes } from '../volumes/volumes.ts'

export interface StepContainers {
  find(id: string): ContainerRecord | undefined
  all(): ContainerRecord[]
  /** Its process has ended. False when it is none of these. */
  ended(record: ContainerRecord, exitCode: number): boolean
  /** The folders of its image, top layer first; undefined when it is none of these. */
  lowerFolders(record: ContainerRecord): string[] | undefined
  run(step: Step): Promise<StepEnd>
}

export interface Step {
  request: ContainerCreateRequest
  /** Top layer first. */
  lowerFolders: string[]
  onOutput: (entries: readonly LogEntry[]) => void
  signal: AbortSignal
}

export interface StepEnd extends AsyncDisposable {
  exitCode: number
  oomKilled: boolean
  /** Holds `upper`, what the step has changed. Gone when this is disposed of. */
  folder: string
}

export interface StepContainersOptions {
  networks: Networks
  volumes: Volumes
  registry: Registry
  defaultRuntime: string
  folderOf: (record: ContainerRecord) => string
}

interface Running {
  record: ContainerRecord
  lowerFolders: string[]
  end: PromiseWithResolvers<number>
}

export function createStepContainers(
  { networks, volumes, registry, defaultRuntime, folderOf }: StepContainersOptions,
  /** They need to know where a container's layers are, and so are made later. */
  parts: () => { rootfs: RootFileSystems; launcher: Launcher },
): StepContainers {
  const running = new Map<string, Running>()
  return {
    find: id => running.get(id)?.record,
    all: () => [...running.values()].map(({ record }) => record),
    ended(record, exitCode) {
      const step = running.get(record.id)
      step?.end.resolve(exitCode)
      return step !== undefined
    },
    lowerFolders: record => running.get(record.id)?.lowerFolders,

    async run({ request, lowerFolders, onOutput, signal }) {
      const { rootfs, launcher } = parts()
      signal.throwIfAborted()
      const record = createRecord(request, {
        image: { id: '', config: {} },
        name: 'build',
        networks,
        volumes,
        containerNamed: registry.get,
        imageNamed: () => '',
        defaultRuntime,
      })
      record.name = `build-${record.id.slice(0, 12)}`
      const step: Running = { record, lowerFolders, end: Promise.withResolvers<number>() }
      running.set(record.id, step)
      const folder = folderOf(record)
      const remove = () => rm(folder, { recursive: true, force: true })
      const stop = () => step.end.reject(signal.reason)
      // It may be rejected before anybody waits for it, while the step is being started.
      step.end.promise.catch(() => {})
      signal.addEventListener('abort', stop, { once: true })
      try {
        rootfs.create(record)
        const { pid } = await launcher.launch(record)
        Object.assign(record.state, { status: 'running', pid, startTime: identify(pid)?.startTime ?? '' })
        const output = new AbortController()
        const shown = show(logPathOf(folder), output.signal, onOutput)
        let exitCode: number
        try {
          exitCode = await step.end.promise
        } finally {
          output.abort()
          await shown
        }
        const oomKilled = launcher.ranOutOfMemory(record)
        await launcher.takeDown(record, { removed: true })
        return { exitCode, oomKilled, folder, [Symbol.asyncDispose]: remove }
      } catch (error) {
        await launcher.takeDown(record, { removed: true })
        await remove()
        throw error
      } finally {
        signal.removeEventListener('abort', stop)
        running.delete(record.id)
        launcher.forgetExit(record)
      }
    },
  }
}

async function show(path: string, until: AbortSignal, onOutput: Step['onOutput']): Promise<void> {
  for await (const entries of readLog(path, {}, until)) onOutput(entries)
}
