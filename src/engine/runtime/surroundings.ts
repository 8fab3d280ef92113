// How a runtime must see the host's cgroups. crun refuses a hybrid hierarchy in which the cgroup2 part has
// controllers; it works where that part is out of sight, so its calls run in a copy of the mount namespace.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface Surroundings {
  hiddenCgroup: { path: string; parent: string } | undefined
  /**
   * What somebody else is to call, with its first arguments, in the runtime's place. `shared`: the container has a
   * mount whose own mounts are to come to the host.
   */
  command(shared: boolean): readonly [file: string, ...args: string[]]
}

const unified = '/sys/fs/cgroup/unified'

export function surroundingsOf(name: string, path: string): Surroundings {
  if (name !== 'crun' || !hasControllers(unified)) return { hiddenCgroup: undefined, command: () => [path] }
  const script = `umount ${unified} && exec "$0" "$@"`
  const parent = dirname(unified)
  return {
    hiddenCgroup: { path: unified, parent },
    // As a slave the copy still follows the host's mounts; to reach the host it must be a peer, and then unmounting
    // must be kept from going there, which takes one more program.
    command: shared =>
      shared
        ? [...copyOf('unchanged'), `mount --make-private ${parent} && ${script}`, path]
        : [...copyOf('slave'), script, path],
  }
}

const copyOf = (propagation: 'unchanged' | 'slave') =>
  ['/usr/bin/unshare', '--mount', '--propagation', propagation, 'sh', '-c'] as const

function hasControllers(folder: string): boolean {
  try {
    return readFileSync(join(folder, 'cgroup.controllers'), 'utf8').trim() !== ''
  } catch {
    return false
  }
}
