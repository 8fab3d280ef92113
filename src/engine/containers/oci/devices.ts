// Device nodes of a container and the rules that let it use them: `devices`, all of the host's when it is
// privileged, and what CDI adds.
import { readdirSync, type Stats, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Own } from '../../../docker/protocol/own-names.ts'
import type { DeviceMapping as WireMapping } from '../../../docker/protocol/types.ts'
import { ComposeError } from '../../../shared/errors.ts'
import type { CdiDeviceNode } from '../../runtime/cdi.ts'
import type { DeviceRule, SpecDevice, SpecUser } from '../../runtime/spec.ts'
import { numbersOf } from './resources.ts'

type DeviceMapping = Own<WireMapping>

export interface ContainerDevices {
  nodes: SpecDevice[]
  rules: DeviceRule[]
}

export interface WantedDevices {
  mappings: readonly DeviceMapping[]
  privileged: boolean
  cdi: readonly CdiDeviceNode[]
  user: SpecUser
}

/** Throws Docker's sentence for a path that is no device. */
export function containerDevices({ mappings, privileged, cdi, user }: WantedDevices): ContainerDevices {
  const nodes: SpecDevice[] = []
  const rules: DeviceRule[] = []
  const add = (node: SpecDevice, access: string) => {
    nodes.push(node)
    if (node.type !== 'p') rules.push({ allow: true, type: node.type, major: node.major, minor: node.minor, access })
  }
  for (const mapping of [...(privileged ? hostDevices() : []), ...mappings.flatMap(inFolder)]) {
    const { pathOnHost = '', pathInContainer } = mapping
    add(nodeAt(pathOnHost, pathInContainer || pathOnHost), mapping.cgroupPermissions || 'rwm')
  }
  for (const device of cdi) add(cdiNode(device, user), device.permissions ?? 'rwm')
  return { nodes, rules }
}

/** A folder stands for the devices in it, under the same names. */
function inFolder(mapping: DeviceMapping): DeviceMapping[] {
  const { pathOnHost = '', pathInContainer } = mapping
  if (!statOf(pathOnHost).isDirectory()) return [mapping]
  const found = readdirSync(pathOnHost, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isCharacterDevice() || entry.isBlockDevice())
    .map(entry => join(entry.parentPath, entry.name))
    // Those that each container has of its own.
    .filter(path => !/^\/dev\/(pts|shm|fd|mqueue|\.lxc|\.lxd-mounts)\/|^\/dev\/(console|\.udev)$/.test(path))
  return found.map(path => ({
    ...mapping,
    pathOnHost: path,
    pathInContainer: join(pathInContainer || pathOnHost, relative(pathOnHost, path)),
  }))
}

function nodeAt(hostPath: string, path: string): SpecDevice {
  const stats = statOf(hostPath)
  const type = typeOf(stats)
  if (!type) throw gathering(hostPath, 'not a device node')
  return { path, type, ...numbersOf(stats), fileMode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid }
}

/** What a specification leaves out is as the host has it; the owner is the container's user. */
function cdiNode(device: CdiDeviceNode, user: SpecUser): SpecDevice {
  const { path, hostPath = path, type, major, minor, fileMode } = device
  const owner = {
    ...(user.uid > 0 ? { uid: user.uid } : {}),
    ...(user.gid > 0 ? { gid: user.gid } : {}),
    ...(device.uid === undefined ? {} : { uid: device.uid }),
    ...(device.gid === undefined ? {} : { gid: device.gid }),
  }
  if (type && (type === 'p' || major !== undefined)) {
    const numbers = { major: major ?? 0, minor: minor ?? 0 }
    return { path, type: type === 'u' ? 'c' : type, ...numbers, ...(fileMode ? { fileMode } : {}), ...owner }
  }
  return { ...nodeAt(hostPath, path), ...(fileMode ? { fileMode } : {}), ...owner }
}

function statOf(path: string): Stats {
  try {
    return statSync(path)
  } catch (cause) {
    throw gathering(path, 'no such file or directory', cause)
  }
}

function typeOf(stats: Stats): 'c' | 'b' | undefined {
  if (stats.isCharacterDevice()) return 'c'
  return stats.isBlockDevice() ? 'b' : undefined
}

const gathering = (path: string, reason: string, cause?: unknown) =>
  new ComposeError(
    'invalid_argument',
    `error gathering device information while adding custom device "${path}": ${reason}`,
    { cause },
  )

/** Those that a runtime makes for every container. */
const everyones = ['console', 'ptmx', 'tty', 'null', 'zero', 'full', 'random', 'urandom'].map(name => `/dev/${name}`)

const hostDevices = (): DeviceMapping[] =>
  inFolder({ pathOnHost: '/dev' }).filter(({ pathOnHost = '' }) => !everyones.includes(pathOnHost))

/** `c 1:3 rwm`, with * for any number. */
export function deviceRule(text: string): DeviceRule {
  const match = /^([abc]) (\d+|\*):(\d+|\*) ([rwm]{1,3})$/.exec(text)
  if (!match) throw new ComposeError('invalid_argument', `invalid device cgroup rule format: '${text}'`)
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
