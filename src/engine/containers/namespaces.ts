// Which namespaces a container has for itself and which it shares: Docker's words are parsed once, when it is created.
import type { HostConfig } from '../../docker/protocol/types.ts'

/** That of another container, by its id or name. */
export interface Joined {
  kind: 'container'
  container: string
}
interface Plain<Kind extends string> {
  kind: Kind
}

export interface Namespaces {
  /** Of its own, on a network at first; `none`: of its own, on no network. */
  network: Plain<'host' | 'none'> | { kind: 'network'; network: string } | Joined
  /** `shareable`: others may join it. `none`: without /dev/shm. */
  ipc: Plain<'private' | 'shareable' | 'none' | 'host'> | Joined
  pid: Plain<'private' | 'host'> | Joined
  uts: Plain<'private' | 'host'>
  cgroup: Plain<'private' | 'host'>
}

export const namespaceModeNames = ['NetworkMode', 'IpcMode', 'PidMode', 'UTSMode', 'CgroupnsMode'] as const
type Modes = Pick<HostConfig, (typeof namespaceModeNames)[number]>

/** Modes that were checked (request-checks.ts). A network's word that is none of Docker's own names a network. */
export function parseNamespaces({ NetworkMode = '', IpcMode, PidMode, UTSMode, CgroupnsMode }: Modes): Namespaces {
  return {
    network:
      joinedIn(NetworkMode) ??
      (NetworkMode === 'host' || NetworkMode === 'none'
        ? { kind: NetworkMode }
        : { kind: 'network', network: ['', 'default'].includes(NetworkMode) ? 'bridge' : NetworkMode }),
    ipc: joinedIn(IpcMode) ?? { kind: oneOf(IpcMode, 'shareable', 'none', 'host') ?? 'private' },
    pid: joinedIn(PidMode) ?? { kind: oneOf(PidMode, 'host') ?? 'private' },
    uts: { kind: oneOf(UTSMode, 'host') ?? 'private' },
    cgroup: { kind: oneOf(CgroupnsMode, 'host') ?? 'private' },
  }
}

/** As Docker Engine shows them: its own process and host names are an empty word. */
export function namespaceModes({ network, ipc, pid, uts, cgroup }: Namespaces): {
  [Name in keyof Modes]-?: NonNullable<Modes[Name]>
} {
  return {
    NetworkMode: network.kind === 'network' ? network.network : modeText(network),
    IpcMode: modeText(ipc),
    PidMode: pid.kind === 'private' ? '' : modeText(pid),
    UTSMode: uts.kind === 'private' ? '' : modeText(uts),
    CgroupnsMode: cgroup.kind,
  }
}

/** The containers, by id or name, whose namespaces it joins. */
export const joinedContainers = ({ network, ipc, pid }: Namespaces): string[] =>
  [network, ipc, pid].flatMap(mode => (mode.kind === 'container' ? mode.container : []))

/** Whether it has a network namespace of its own. */
export const hasOwnNetwork = ({ network }: Namespaces): boolean => network.kind === 'network' || network.kind === 'none'

const modeText = (mode: Plain<string> | Joined): string =>
  'container' in mode ? `container:${mode.container}` : mode.kind

function joinedIn(mode = ''): Joined | undefined {
  const container = /^container:(.+)$/.exec(mode)?.[1]
  return container === undefined ? undefined : { kind: 'container', container }
}

const oneOf = <Kind extends string>(mode: string | undefined, ...kinds: Kind[]): Kind | undefined =>
  kinds.find(kind => kind === mode)
