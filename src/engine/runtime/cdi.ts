// Devices by the Container Device Interface (cncf-tags/container-device-interface, SPEC.md): what vendors say a
// container must be given for `vendor/class=name`. Read anew each time: a driver may have come meanwhile.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ComposeError, isErrno, messageOf } from '../../shared/errors.ts'

export interface CdiDeviceNode {
  path: string
  hostPath?: string
  type?: 'b' | 'c' | 'u' | 'p'
  major?: number
  minor?: number
  fileMode?: number
  permissions?: string
  uid?: number
  gid?: number
}

export interface CdiHook {
  hookName: string
  path: string
  args?: string[]
  env?: string[]
  timeout?: number
}

export interface ContainerEdits {
  env?: string[]
  deviceNodes?: CdiDeviceNode[]
  mounts?: { hostPath: string; containerPath: string; options?: string[]; type?: string }[]
  hooks?: CdiHook[]
  additionalGids?: number[]
}

interface CdiSpec {
  /** `vendor/class`. */
  kind?: string
  containerEdits?: ContainerEdits
  devices?: { name: string; containerEdits?: ContainerEdits }[]
}

export interface CdiDevice {
  /** `vendor/class=name`. */
  name: string
  kind: string
  /** The file's own edits, which each of its devices brings once. */
  common: ContainerEdits
  own: ContainerEdits
}

/** A later folder wins over an earlier one. */
export const cdiFolders = ['/etc/cdi', '/var/run/cdi']

/** All devices that the host's files offer, by name. A broken file is an error only for who asks for its devices. */
export async function cdiDevices(
  folders: readonly string[] = cdiFolders,
): Promise<{ devices: Map<string, CdiDevice>; complaints: string[] }> {
  const devices = new Map<string, CdiDevice>()
  const complaints: string[] = []
  for (const folder of folders) {
    const here = new Set<string>()
    for (const path of specFiles(folder)) {
      try {
        const { kind = '', containerEdits = {}, devices: offered = [] } = await readSpec(path)
        for (const { name, containerEdits: own = {} } of offered) {
          const full = `${kind}=${name}`
          // Two files of one folder that offer the same device contradict each other: neither holds.
          if (here.has(full)) {
            devices.delete(full)
            complaints.push(`conflicting CDI device ${full} in ${path}`)
            continue
          }
          here.add(full)
          devices.set(full, { name: full, kind, common: containerEdits, own })
        }
      } catch (error) {
        complaints.push(`${path}: ${messageOf(error)}`)
      }
    }
  }
  return { devices, complaints }
}

/** What the container is to be given for these devices, in the order of the names. */
export async function cdiEdits(
  names: readonly string[],
  folders: readonly string[] = cdiFolders,
): Promise<ContainerEdits[]> {
  if (names.length === 0) return []
  const { devices, complaints } = await cdiDevices(folders)
  const unknown = names.filter(name => !devices.has(name))
  if (unknown.length > 0) {
    throw new ComposeError(
      'invalid_argument',
      `CDI device injection failed: unresolvable CDI devices ${unknown.join(', ')}`,
      {
        hint: complaints.length > 0 ? complaints.join('; ') : `specifications are looked for in ${folders.join(', ')}`,
      },
    )
  }
  const wanted = names.flatMap(name => devices.get(name) ?? [])
  const seen = new Set<ContainerEdits>()
  return wanted.flatMap(({ common, own }) => {
    if (seen.has(common)) return [own]
    seen.add(common)
    return [common, own]
  })
}

function specFiles(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter(name => /\.(json|ya?ml)$/.test(name))
      .sort()
      .map(name => join(folder, name))
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return []
    throw error
  }
}

async function readSpec(path: string): Promise<CdiSpec> {
  const text = readFileSync(path, 'utf8')
  // Few hosts have files in YAML, and its reader takes 30 ms to load.
  const spec: unknown = path.endsWith('.json') ? JSON.parse(text) : (await import('yaml')).parse(text)
  if (typeof spec !== 'object' || spec === null) throw new Error('not a CDI specification')
  // A vendor's file is trusted as far as its shape: it is the administrator's, and gives devices of the host.
  return spec
}
