// How a runtime must see the host's cgroups. crun refuses a hybrid hierarchy in which the cgroup2 part has
// controllers; it works where that part is out of sight, so its calls run in a copy of the mount namespace.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface Surroundings {
  hiddenCgroup: { path: string; parent: string } | undefined
  /** Stands for the runtime where somebody else calls it. */
  script: string | undefined
}

const unified = '/sys/fs/cgroup/unified'

export function surroundingsOf(name: string, path: string, runRoot: string): Surroundings {
  if (name !== 'crun' || !hasControllers(unified)) return { hiddenCgroup: undefined, script: undefined }
  const script = join(runRoot, 'runtime', name)
  mkdirSync(dirname(script), { recursive: true })
  writeFileSync(script, `#!/bin/sh\nexec unshare -m sh -c 'umount ${unified} && exec "$0" "$@"' ${path} "$@"\n`)
  chmodSync(script, 0o755)
  return { hiddenCgroup: { path: unified, parent: dirname(unified) }, script }
}

function hasControllers(folder: string): boolean {
  try {
    return readFileSync(join(folder, 'cgroup.controllers'), 'utf8').trim() !== ''
  } catch {
    return false
  }
}
