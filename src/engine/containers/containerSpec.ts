// From a container's record to the input of its OCI spec: every setting of the Engine API that reaches the kernel
// goes through here.
import { readdirSync, readlinkSync, statSync } from 'node:fs'
import { ComposeError } from '../../shared/errors.ts'
import { close, openInRoot } from '../kernel/libc.ts'
import { restrictions } from '../kernel/mounts.ts'
import { containerCapabilities } from '../runtime/capabilities.ts'
import { executablePath } from '../runtime/runtime.ts'
import type { DeviceRule, SpecDevice, SpecInput, SpecMount } from '../runtime/spec.ts'
import { hostFilesOf } from './hostFiles.ts'
import type { ContainerRecord, MountRecord } from './record.ts'
import { cgroupResources, deviceNumbers } from './resources.ts'
import { resolveUser } from './users.ts'

export interface SpecContext {
  rootfs: string
  /** Holds resolv.conf, hosts and hostname. */
  filesFolder: string
  netns: string | false
  hostname: string
  cgroupsPath: string
  compiledFilter: (capabilities: readonly string[]) => Buffer | undefined
  containerNamed: (name: string) => ContainerRecord
  /** The folder of a volume, mounted if it has to be. */
  volumePath: (name: string) => string
}

const initPath = '/sbin/docker-init'
const defaultShm = 64 * 1024 * 1024
const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export function containerSpec(record: ContainerRecord, context: SpecContext): SpecInput {
  const { config, hostConfig: host } = record
  const security = securityOptions(host.SecurityOpt ?? [])
  const privileged = host.Privileged ?? false
  const capabilities = containerCapabilities({ privileged, add: host.CapAdd ?? [], drop: host.CapDrop ?? [] })
  const user = resolveUser(context.rootfs, config.User ?? '', host.GroupAdd ?? [])
  const { home, ...ids } = user
  const shm = record.mounts.some(({ destination }) => destination === '/dev/shm')
  const ipc = namespaceOf(host.IpcMode || 'private', 'ipc', context)
  const devices = deviceList(host.Devices ?? [], privileged)
  return {
    rootfs: context.rootfs,
    readOnly: host.ReadonlyRootfs ?? false,
    args: host.Init ? [initPath, '--', ...record.args] : record.args,
    env: environment(config.Env ?? [], { home, hostname: context.hostname, terminal: config.Tty ?? false }),
    cwd: config.WorkingDir || '/',
    user: ids,
    terminal: config.Tty ?? false,
    hostname: host.UTSMode === 'host' ? '' : context.hostname,
    domainname: config.Domainname ?? '',
    capabilities,
    noNewPrivileges: security.noNewPrivileges,
    privileged,
    seccomp: security.seccomp,
    compiledFilter: security.seccomp === 'default' ? context.compiledFilter(capabilities) : undefined,
    showSystemPaths: security.showSystemPaths,
    mounts: [
      ...fileMounts(context.filesFolder, host.ReadonlyRootfs ?? false),
      ...initMount(host.Init ?? false),
      ...record.mounts.map(mount => specMount(mount, context)),
    ],
    devices: devices.nodes,
    deviceRules: [...devices.rules, ...(host.DeviceCgroupRules ?? []).map(deviceRule)],
    rlimits: (host.Ulimits ?? []).map(({ Name = '', Soft = 0, Hard = Soft }) => ({
      type: `RLIMIT_${Name.toUpperCase()}`,
      soft: Soft,
      hard: Hard,
    })),
    sysctls: host.Sysctls ?? {},
    namespaces: {
      pid: namespaceOf(host.PidMode || 'private', 'pid', context),
      network: context.netns,
      ipc,
      uts: host.UTSMode !== 'host',
      mount: true,
      cgroup: host.CgroupnsMode === 'private',
    },
    cgroupsPath: context.cgroupsPath,
    resources: cgroupResources(host),
    shmSize: host.ShmSize || defaultShm,
    ownShm: ipc === true && !shm && host.IpcMode !== 'none',
    oomScoreAdj: host.OomScoreAdj || undefined,
    annotations: host.Annotations ?? {},
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

interface SecurityOptions {
  noNewPrivileges: boolean
  seccomp: 'default' | 'unconfined'
  showSystemPaths: boolean
}

export function securityOptions(options: readonly string[]): SecurityOptions {
  const result: SecurityOptions = { noNewPrivileges: false, seccomp: 'default', showSystemPaths: false }
  for (const option of options) {
    const [name = '', value = ''] = option.split(/[=:](.*)/s)
    if (name === 'no-new-privileges') result.noNewPrivileges = value !== 'false'
    else if (name === 'seccomp' && value === 'unconfined') result.seccomp = 'unconfined'
    else if (name === 'seccomp' && (value === 'builtin' || value === 'default')) result.seccomp = 'default'
    else if (name === 'systempaths' && value === 'unconfined') result.showSystemPaths = true
    else if (name === 'apparmor' && value === 'unconfined') continue
    else if (name === 'label' && value === 'disable') continue
    else {
      throw new ComposeError(
        'invalid_argument',
        `invalid --security-opt: ${JSON.stringify(option)} is not available on this engine`,
      )
    }
  }
  return result
}

/** `container:<id>` joins that container's namespace, `host` the host's, anything else is a new one. */
function namespaceOf(mode: string, kind: 'ipc' | 'pid', { containerNamed }: SpecContext): string | boolean {
  if (mode === 'host') return false
  if (!mode.startsWith('container:')) return true
  const other = containerNamed(mode.slice('container:'.length))
  if (other.state.pid === 0) {
    throw new ComposeError('conflict', `cannot join ${kind.toUpperCase()} of a non running container: ${other.id}`)
  }
  return `/proc/${other.state.pid}/ns/${kind}`
}

function fileMounts(folder: string, readOnly: boolean): SpecMount[] {
  const files = hostFilesOf(folder)
  const options = ['rbind', 'rprivate', readOnly ? 'ro' : 'rw']
  return [
    { destination: '/etc/resolv.conf', type: 'bind', source: files.resolvConf, options },
    { destination: '/etc/hostname', type: 'bind', source: files.hostname, options },
    { destination: '/etc/hosts', type: 'bind', source: files.hosts, options },
  ]
}

function initMount(init: boolean): SpecMount[] {
  if (!init) return []
  const source = executablePath('tini-static')
  if (!source) {
    throw new ComposeError('failed_precondition', 'init: true needs the program tini', {
      hint: 'apt-get install -y tini',
    })
  }
  return [{ destination: initPath, type: 'bind', source, options: ['bind', 'ro'] }]
}

function specMount(mount: MountRecord, context: SpecContext): SpecMount {
  const { type, destination, readOnly } = mount
  if (type === 'tmpfs') {
    const options = [
      'nosuid',
      'nodev',
      ...(mount.options.includes('exec') ? [] : ['noexec']),
      ...mount.options.filter(option => option !== 'exec'),
      ...(readOnly ? ['ro'] : []),
    ]
    return { destination, type: 'tmpfs', source: 'tmpfs', options }
  }
  const source =
    type === 'volume' && mount.name ? subfolder(context.volumePath(mount.name), mount.subpath) : mount.source
  return {
    destination,
    type: 'bind',
    source,
    // crun takes away what the source is mounted with (nosuid, nodev, noexec) unless it is said again. rro is ro also
    // for what is mounted below; below a file there is nothing, and crun takes it for folders only.
    options: [
      mount.recursive ? 'rbind' : 'bind',
      ...restrictions(source),
      ...(readOnly ? [statSync(source).isDirectory() ? 'rro' : 'ro'] : []),
      mount.propagation || 'rprivate',
    ],
  }
}

/** A folder inside a volume; no link in the volume may lead out of it. */
function subfolder(volume: string, subpath: string | undefined): string {
  if (!subpath) return volume
  const fd = openInRoot(volume, subpath)
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } finally {
    close(fd)
  }
}

function deviceList(
  wanted: readonly {
    PathOnHost?: string | undefined
    PathInContainer?: string | undefined
    CgroupPermissions?: string | undefined
  }[],
  privileged: boolean,
) {
  const nodes: SpecDevice[] = []
  const rules: DeviceRule[] = []
  const all = privileged ? hostDevices() : []
  for (const { PathOnHost = '', PathInContainer = PathOnHost, CgroupPermissions = 'rwm' } of [...all, ...wanted]) {
    const type = nodeType(PathOnHost)
    const { major, minor } = deviceNumbers(PathOnHost)
    const { mode, uid, gid } = statSync(PathOnHost)
    nodes.push({ path: PathInContainer, type, major, minor, fileMode: mode & 0o7777, uid, gid })
    if (type !== 'p') rules.push({ allow: true, type, major, minor, access: CgroupPermissions || 'rwm' })
  }
  return { nodes, rules }
}

function nodeType(path: string): 'c' | 'b' | 'p' {
  try {
    const stats = statSync(path)
    if (stats.isCharacterDevice()) return 'c'
    if (stats.isBlockDevice()) return 'b'
  } catch (cause) {
    throw new ComposeError(
      'invalid_argument',
      `error gathering device information while adding custom device "${path}": no such file or directory`,
      { cause },
    )
  }
  throw new ComposeError(
    'invalid_argument',
    `error gathering device information while adding custom device "${path}": not a device node`,
  )
}

function hostDevices() {
  return readdirSync('/dev', { withFileTypes: true })
    .filter(entry => entry.isCharacterDevice() || entry.isBlockDevice())
    .filter(({ name }) => !['console', 'ptmx', 'tty', 'null', 'zero', 'full', 'random', 'urandom'].includes(name))
    .map(({ name }) => ({ PathOnHost: `/dev/${name}`, PathInContainer: `/dev/${name}`, CgroupPermissions: 'rwm' }))
}

/** `c 1:3 rwm`, with * for any number. */
export function deviceRule(text: string): DeviceRule {
  const match = /^([abc]) (\d+|\*):(\d+|\*) ([rwm]{1,3})$/.exec(text)
  if (!match) throw new ComposeError('invalid_argument', `invalid device cgroup rule: '${text}'`)
  const [, type, major, minor, access = ''] = match
  return {
    allow: true,
    // The expression has no other letters.
    type: type as 'a' | 'b' | 'c',
    ...(major === '*' ? {} : { major: Number(major) }),
    ...(minor === '*' ? {} : { minor: Number(minor) }),
    access,
  }
}
