// The OCI runtime spec (opencontainers/runtime-spec, config.json) of a container. What a container is made of
// comes in as one value; this file knows what Docker Engine puts around it.
import type { Capability } from './capabilities.ts'
import type { CdiHook } from './cdi.ts'

export interface SpecMount {
  destination: string
  type: string
  source: string
  options: string[]
}

export interface SpecDevice {
  path: string
  type: 'c' | 'b' | 'p'
  major: number
  minor: number
  fileMode?: number
  uid?: number
  gid?: number
}

export interface DeviceRule {
  allow: boolean
  type?: 'a' | 'b' | 'c'
  major?: number
  minor?: number
  access: string
}

export interface SpecUser {
  uid: number
  gid: number
  additionalGids: number[]
}

export interface SpecInput {
  rootfs: string
  readOnly: boolean
  args: string[]
  env: string[]
  hooks: readonly CdiHook[]
  cwd: string
  user: SpecUser
  terminal: boolean
  hostname: string
  capabilities: readonly Capability[]
  noNewPrivileges: boolean
  privileged: boolean
  /** The seccomp section; without it and without a compiled filter every call is let through. */
  seccomp: Record<string, unknown> | undefined
  /** Compiled filter for runtimes that take one, in place of rules. */
  compiledFilter: Buffer | undefined
  /** Empty without the security module. */
  apparmorProfile: string | undefined
  selinuxLabel: string
  maskedPaths: readonly string[]
  readonlyPaths: readonly string[]
  mounts: SpecMount[]
  devices: SpecDevice[]
  deviceRules: DeviceRule[]
  rlimits: { type: string; soft: number; hard: number }[]
  sysctls: Record<string, string>
  /** A path makes the container join that namespace, `true` gives it a new one, false the host's. */
  namespaces: Record<'pid' | 'network' | 'ipc' | 'uts' | 'mount' | 'cgroup', string | boolean>
  cgroupsPath: string
  resources: Record<string, unknown>
  shmSize: number
  ownShm: boolean
  oomScoreAdj: number | undefined
  annotations: Record<string, string>
  rootfsPropagation: string
}

/** c 1:3 null, 1:5 zero, 1:7 full, 1:8 random, 1:9 urandom, 5:0 tty, 5:2 ptmx, 136:* pts; any node may be made. */
const deviceRules: DeviceRule[] = [
  { allow: false, access: 'rwm' },
  { allow: true, type: 'c', access: 'm' },
  { allow: true, type: 'b', access: 'm' },
  ...[
    [1, 3],
    [1, 5],
    [1, 7],
    [1, 8],
    [1, 9],
    [5, 0],
    [5, 1],
    [5, 2],
  ].map(([major = 0, minor = 0]): DeviceRule => ({ allow: true, type: 'c', major, minor, access: 'rwm' })),
  { allow: true, type: 'c', major: 136, access: 'rwm' },
]

/** The document to be written as config.json of the bundle. */
export function runtimeSpec(input: SpecInput): Record<string, unknown> {
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: input.terminal,
      ...(input.terminal ? { consoleSize: { height: 24, width: 80 } } : {}),
      user: input.user,
      args: input.args,
      env: input.env,
      cwd: input.cwd,
      capabilities: capabilitySets(input.capabilities, input.user.uid),
      rlimits: input.rlimits,
      noNewPrivileges: input.noNewPrivileges,
      ...(input.apparmorProfile ? { apparmorProfile: input.apparmorProfile } : {}),
      ...(input.selinuxLabel ? { selinuxLabel: input.selinuxLabel } : {}),
      ...(input.oomScoreAdj === undefined ? {} : { oomScoreAdj: input.oomScoreAdj }),
    },
    ...(input.hooks.length > 0 ? { hooks: hooksByName(input.hooks) } : {}),
    root: { path: input.rootfs, readonly: input.readOnly },
    hostname: input.hostname,
    mounts: [...systemMounts(input), ...input.mounts],
    annotations: {
      ...input.annotations,
      ...(input.compiledFilter ? { 'run.oci.seccomp_bpf_data': input.compiledFilter.toString('base64') } : {}),
    },
    linux: {
      namespaces: namespaces(input.namespaces),
      cgroupsPath: input.cgroupsPath,
      resources: {
        ...input.resources,
        devices: input.privileged ? [{ allow: true, access: 'rwm' }] : [...deviceRules, ...input.deviceRules],
      },
      devices: input.devices,
      sysctl: input.sysctls,
      rootfsPropagation: input.rootfsPropagation,
      maskedPaths: input.maskedPaths,
      readonlyPaths: input.readonlyPaths,
      ...(input.seccomp ? { seccomp: input.seccomp } : {}),
      ...(input.selinuxLabel ? { mountLabel: input.selinuxLabel } : {}),
    },
  }
}

function hooksByName(hooks: readonly CdiHook[]): Record<string, object[]> {
  const result: Record<string, object[]> = {}
  for (const { hookName, ...hook } of hooks) result[hookName] = [...(result[hookName] ?? []), hook]
  return result
}

/** A process that is not root starts without effective capabilities, as Docker's do. */
function capabilitySets(capabilities: readonly Capability[], uid: number) {
  const effective = uid === 0 ? capabilities : []
  return { bounding: capabilities, effective, permitted: effective, inheritable: [], ambient: [] }
}

function systemMounts(input: SpecInput): SpecMount[] {
  const access = input.privileged ? 'rw' : 'ro'
  const mounts: SpecMount[] = [
    { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
    {
      destination: '/dev',
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
    },
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
    },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', access] },
    { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: [access, 'nosuid', 'noexec', 'nodev'] },
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] },
  ]
  if (input.ownShm) {
    const options = ['nosuid', 'noexec', 'nodev', 'mode=1777', `size=${input.shmSize}`]
    mounts.push({ destination: '/dev/shm', type: 'tmpfs', source: 'shm', options })
  }
  const replaced = new Set(input.mounts.map(({ destination }) => destination))
  return mounts.filter(({ destination }) => !replaced.has(destination))
}

function namespaces(wanted: SpecInput['namespaces']) {
  return Object.entries(wanted).flatMap(([type, value]) =>
    value === false ? [] : [typeof value === 'string' ? { type, path: value } : { type }],
  )
}
