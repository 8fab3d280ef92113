// From a created container to its first process, and back: everything between the record and the kernel. Both ways
// may be interrupted anywhere; takeDown() undoes what is there.
import { existsSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isErrno } from '../../../shared/errors.ts'
import { createTurns } from '../../../shared/turns.ts'
import { compileFilter } from '../../kernel/seccomp.ts'
import { addressOf } from '../../networks/record.ts'
import { createHeld } from '../../runtime/conmon.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { knownCalls, rulesFor } from '../../runtime/seccomp-profile.ts'
import { runtimeSpec } from '../../runtime/spec.ts'
import type { Volumes } from '../../volumes/volumes.ts'
import { copyUp } from '../files/copy-up.ts'
import { writeHostFiles } from '../files/host-files.ts'
import type { RootFileSystems } from '../files/rootfs.ts'
import { logPathOf } from '../logs/attachments.ts'
import { logDriver } from '../logs/drivers.ts'
import { endLastLine } from '../logs/log-file.ts'
import type { Sandboxes } from '../network/sandbox.ts'
import { containerSpec } from '../oci/container-spec.ts'
import { requestedEdits } from '../oci/device-requests.ts'
import type { ContainerRecord } from '../record.ts'
import type { Registry } from '../registry.ts'

export interface Launched {
  /** Of the container's first process, which runs its program. */
  pid: number
  /** RFC 3339: nothing that the program wrote is older. */
  startedAt: string
}

export interface Launcher {
  launch(record: ContainerRecord): Promise<Launched>
  /**
   * Undoes everything that launch() makes, in whatever state it is, but for conmon's note of the exit code. A network
   * that others share stays, unless the container is removed.
   */
  takeDown(record: ContainerRecord, options?: { removed: boolean }): Promise<void>
  /** Takes that note away: to be called when the code is recorded, or a kill in between would lose it. */
  forgetExit(record: ContainerRecord): void
  runtimeOf(record: ContainerRecord): Runtime
  cgroupOf(record: ContainerRecord): string
  /** Whether the kernel ended the container for its memory; to be asked before takeDown(). */
  ranOutOfMemory(record: ContainerRecord): boolean
}

export interface LauncherOptions {
  registry: Registry
  sandboxes: Sandboxes
  rootfs: RootFileSystems
  volumes: Volumes
  runtimeNamed: (name: string) => Runtime
  folderOf: (record: ContainerRecord) => string
  exitFolder: string
  /** AppArmor's, of containers that name none. */
  apparmorProfile: string | undefined
  cgroupParent: string
}

/** As many containers start at once as make the machine busy; more only wait for each other. */
const startsAtOnce = 4
/** What conmon and we put beside a running container. */
const runtimeFiles = ['attach', 'ctl', 'winsz', 'oom', 'pid', 'conmon.pid', 'config.json']

export function createLauncher(options: LauncherOptions): Launcher {
  const { registry, sandboxes, rootfs, volumes, folderOf } = options
  const starting = createTurns(startsAtOnce)
  const filterFor = createFilters()
  const save = (record: ContainerRecord) => () => registry.save(record)
  const cgroupOf = (record: ContainerRecord) => join('/', record.host.cgroupParent || options.cgroupParent, record.id)
  const launcher: Launcher = {
    async launch(record) {
      const netns = sandboxes.build(record, save(record))
      return starting.run(() => run(record, netns))
    },
    async takeDown(record, { removed } = { removed: false }) {
      await launcher.runtimeOf(record).remove(record.id, cgroupOf(record))
      sandboxes.destroy(record, () => registry.keep(record))
      if (removed) sandboxes.remove(record, () => registry.keep(record))
      rootfs.unmount(record)
      for (const name of runtimeFiles) removeFile(join(folderOf(record), name))
    },
    cgroupOf,
    forgetExit: record => removeFile(join(options.exitFolder, record.id)),
    runtimeOf: record => options.runtimeNamed(record.runtime),
    // conmon leaves an empty file of this name.
    ranOutOfMemory: record => existsSync(join(folderOf(record), 'oom')),
  }
  return launcher

  async function run(record: ContainerRecord, netns: string | false): Promise<Launched> {
    const bundle = folderOf(record)
    const root = rootfs.mount(record)
    for (const { type, copyUp: wanted, name, destination } of record.mounts) {
      if (type === 'volume' && wanted && name) await copyUp(root, destination, volumes.path(name))
    }
    // Who shares another's network has its names too.
    const named = networkOwner(record)
    const hostname = named.config.hostname ?? ''
    const gateway =
      record.namespaces.network.kind === 'host'
        ? '127.0.0.1'
        : record.endpoints.map(({ active }) => addressOf(active, 4)?.gateway).find(Boolean)
    if (named === record)
      writeHostFiles({ record, folder: bundle, hostname, ownDns: record.dns !== undefined, gateway })
    const runtime = launcher.runtimeOf(record)
    const edits = await requestedEdits(record.host.deviceRequests ?? [])
    const sources = rootfs.prepareSources(record)
    try {
      const spec = containerSpec(record, {
        rootfs: root,
        filesFolder: folderOf(named),
        netns,
        hostname,
        cgroupsPath: cgroupOf(record),
        apparmorProfile: options.apparmorProfile,
        compiledFilter: capabilities => (runtime.takesCompiledFilter ? filterFor(capabilities) : undefined),
        containerNamed: registry.get,
        edits,
        preparedSource: sources.pathOf,
        sharedMemoryOf: rootfs.sharedMemory,
        volumePath: volumes.path,
      })
      writeFileSync(join(bundle, 'config.json'), JSON.stringify(runtimeSpec(spec)), { mode: 0o600 })
      // Of a run whose end was recorded just before a kill.
      launcher.forgetExit(record)
      endLastLine(logPathOf(bundle))
      const { tty = false, openStdin = false, stdinOnce = false } = record.config
      const pid = await createHeld(runtime, {
        id: record.id,
        bundle,
        logPath: logDriver(record.host.logConfig?.type).file(bundle),
        exitFolder: options.exitFolder,
        terminal: tty,
        stdin: openStdin,
        keepStdin: !stdinOnce,
        sharesMounts: record.mounts.some(({ propagation }) => /shared/.test(propagation)),
      })
      const startedAt = new Date().toISOString()
      await runtime.start(record.id)
      return { pid, startedAt }
    } finally {
      sources.release()
    }
  }

  function networkOwner(record: ContainerRecord): ContainerRecord {
    const { network } = record.namespaces
    return network.kind === 'container' ? networkOwner(registry.get(network.container)) : record
  }
}

/** A disk that is read-only by now keeps it; the next start writes it anew. */
function removeFile(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'EROFS', 'EIO')) throw error
  }
}

/** Compiled filters by what decides them. */
function createFilters(): (capabilities: readonly string[]) => Buffer {
  const filters = new Map<string, Buffer>()
  return capabilities => {
    const key = capabilities.join(' ')
    const filter = filters.get(key) ?? compileFilter(rulesFor(capabilities), knownCalls)
    filters.set(key, filter)
    return filter
  }
}
