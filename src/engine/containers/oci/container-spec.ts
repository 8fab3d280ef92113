// From a container's record to the input of its OCI spec: every setting of the Engine API that reaches the kernel
// goes through here.

import { ComposeError } from '../../../shared/errors.ts'
import { type Capability, containerCapabilities } from '../../runtime/capabilities.ts'
import type { ContainerEdits } from '../../runtime/cdi.ts'
import { type SeccompProfile, seccompOf } from '../../runtime/custom-seccomp.ts'
import { defaultMaskedPaths, defaultReadonlyPaths } from '../../runtime/hidden-paths.ts'
import { defaultSeccomp } from '../../runtime/seccomp-section.ts'
import type { SpecInput } from '../../runtime/spec.ts'
import type { Namespaces } from '../namespaces.ts'
import type { ContainerRecord, HostSettings } from '../record.ts'
import { apparmorProfileOf, securityOptions, selinuxLabel } from '../request/security-options.ts'
import { containerDevices, deviceRule } from './devices.ts'
import { cgroupResources } from './resources.ts'
import type { SpecContext } from './spec-context.ts'
import { initPath, specMounts } from './spec-mounts.ts'
import { resolveUser } from './users.ts'

const defaultShm = 64 * 1024 * 1024
export const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export function containerSpec(record: ContainerRecord, context: SpecContext): SpecInput {
  const { config, host, namespaces } = record
  const security = securityOptions(host.securityOpt ?? [])
  const privileged = host.privileged ?? false
  const capabilities = containerCapabilities({ privileged, add: host.capAdd ?? [], drop: host.capDrop ?? [] })
  const user = resolveUser(context.rootfs, config.user ?? '', host.groupAdd ?? [])
  const { home, ...ids } = user
  const edits = context.edits
  const ipc = namespaceOf(namespaces.ipc, 'ipc', context)
  const devices = containerDevices({
    mappings: host.devices ?? [],
    privileged,
    cdi: edits.flatMap(({ deviceNodes = [] }) => deviceNodes),
    user: ids,
  })
  return {
    rootfs: context.rootfs,
    readOnly: host.readonlyRootfs ?? false,
    args: host.init ? [initPath, '--', ...record.args] : record.args,
    env: environment([...(config.env ?? []), ...edits.flatMap(({ env = [] }) => env)], {
      home,
      hostname: context.hostname,
      terminal: config.tty ?? false,
    }),
    cwd: config.workingDir || '/',
    user: { ...ids, additionalGids: withGids(ids.additionalGids, edits) },
    hooks: edits.flatMap(({ hooks = [] }) => hooks),
    terminal: config.tty ?? false,
    hostname: namespaces.uts.kind === 'host' ? '' : context.hostname,
    capabilities,
    noNewPrivileges: security.noNewPrivileges,
    privileged,
    ...systemCallFilter(security.seccomp ?? (privileged ? 'unconfined' : 'default'), capabilities, context),
    apparmorProfile: apparmorProfileOf(security, privileged, context.apparmorProfile),
    selinuxLabel: selinuxLabel(security.label),
    // Records of earlier versions don't say.
    maskedPaths: host.maskedPaths ?? (privileged ? [] : defaultMaskedPaths),
    readonlyPaths: host.readonlyPaths ?? (privileged ? [] : defaultReadonlyPaths),
    mounts: specMounts(record, context),
    devices: devices.nodes,
    deviceRules: [...devices.rules, ...(host.deviceCgroupRules ?? []).map(deviceRule)],
    rlimits: resourceLimits(host),
    sysctls: {
      // As Docker does: not every runtime knows the spec's own field.
      ...(config.domainname ? { 'kernel.domainname': config.domainname } : {}),
      ...host.sysctls,
    },
    namespaces: {
      pid: namespaceOf(namespaces.pid, 'pid', context),
      network: context.netns,
      ipc,
      uts: namespaces.uts.kind !== 'host',
      mount: true,
      cgroup: namespaces.cgroup.kind === 'private',
    },
    cgroupsPath: context.cgroupsPath,
    resources: cgroupResources(host),
    shmSize: host.shmSize || defaultShm,
    ownShm: namespaces.ipc.kind === 'private',
    oomScoreAdj: host.oomScoreAdj || undefined,
    annotations: host.annotations ?? {},
    rootfsPropagation: record.mounts.some(({ propagation }) => /shared/.test(propagation))
      ? 'shared'
      : record.mounts.some(({ propagation }) => /slave/.test(propagation))
        ? 'slave'
        : '',
  }
}

/** Docker's order: PATH, HOSTNAME, TERM, then what was asked for, and HOME at the end if nobody set it. */
export function environment(
  wanted: readonly string[],
  defaults: { home: string; hostname: string; terminal: boolean },
): string[] {
  const result = new Map<string, string>([
    ['PATH', defaultPath],
    ['HOSTNAME', defaults.hostname],
  ])
  if (defaults.terminal) result.set('TERM', 'xterm')
  for (const entry of wanted) {
    const at = entry.indexOf('=')
    // A name alone takes a default away.
    if (at < 0) result.delete(entry)
    else result.set(entry.slice(0, at), entry.slice(at + 1))
  }
  if (!result.has('HOME')) result.set('HOME', defaults.home)
  return [...result].map(([name, value]) => `${name}=${value}`)
}

/** setrlimit(2) of the container's program, and of those that are executed in it. */
export const resourceLimits = ({ ulimits = [] }: HostSettings): SpecInput['rlimits'] =>
  ulimits.map(({ name = '', soft = 0, hard = soft }) => ({ type: `RLIMIT_${name.toUpperCase()}`, soft, hard }))

function systemCallFilter(
  wanted: 'default' | 'unconfined' | SeccompProfile,
  capabilities: readonly Capability[],
  { compiledFilter }: SpecContext,
): Pick<SpecInput, 'seccomp' | 'compiledFilter'> {
  if (wanted === 'unconfined') return { seccomp: undefined, compiledFilter: undefined }
  if (wanted !== 'default') return { seccomp: seccompOf(wanted, capabilities), compiledFilter: undefined }
  const compiled = compiledFilter(capabilities)
  return compiled
    ? { seccomp: undefined, compiledFilter: compiled }
    : { seccomp: defaultSeccomp(capabilities), compiledFilter: undefined }
}

/** `container:<id>` joins that container's namespace, `host` the host's, anything else is a new one. */
function namespaceOf(
  mode: Namespaces['ipc' | 'pid'],
  kind: 'ipc' | 'pid',
  { containerNamed }: SpecContext,
): string | boolean {
  if (mode.kind !== 'container') return mode.kind !== 'host'
  const other = containerNamed(mode.container)
  if (other.state.pid === 0) {
    throw new ComposeError('conflict', `cannot join ${kind.toUpperCase()} of a non running container: ${other.id}`)
  }
  return `/proc/${other.state.pid}/ns/${kind}`
}

const withGids = (gids: readonly number[], edits: readonly ContainerEdits[]): number[] => [
  ...new Set([...gids, ...edits.flatMap(({ additionalGids = [] }) => additionalGids.filter(gid => gid !== 0))]),
]
