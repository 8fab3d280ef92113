// How a runtime must see the host's cgroups. crun refuses a hybrid hierarchy in which the cgroup2 part has
// controllers; it works where that part is out of sight, so its calls run in a copy of the mount namespace.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface Surroundings {
  hiddenCgroup: { path: string; parent: string } | undefined
  /** What somebody else is to call, with its first arguments, in the runtime's place. */
  command: readonly [file: string, ...args: string[]]
}

const unified = '/sys/fs/cgroup/unified'

export function surroundingsOf(name: string, path: string): Surroundings {
  if (name !== 'crun' || !hasControllers(unified)) return { hiddenCgroup: undefined, command: [path] }
  const script = `umount ${unified} && exec "$0" "$@"`
  return {
    hiddenCgroup: { path: unified, parent: dirname(unified) },
    command: ['/usr/bin/unshare', '--mount', 'sh', '-c', script, path],
  }
}

function hasControllers(folder: string): boolean {
  try {
    return readFileSync(join(folder, 'cgroup.controllers'), 'utf8').trim() !== ''
  } catch {
    return false
  }
}
