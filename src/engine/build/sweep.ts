// What a killed engine has left of builds and of what it was receiving: their folders, with what was mounted in them.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { mountPoints, unmount } from '../kernel/mounts.ts'

export function sweepBuilds({ staging, secrets }: { staging: string; secrets: string }): void {
  // The innermost first.
  const mounted = mountPoints()
    .filter(point => point.startsWith(`${staging}/`))
    .reverse()
  for (const point of mounted) unmount(point)
  const still = mountPoints()
  for (const folder of [staging, secrets]) {
    for (const name of existsSync(folder) ? readdirSync(folder) : []) {
      const path = join(folder, name)
      // Never into what is still mounted: it is an image's.
      if (!still.some(point => point === path || point.startsWith(`${path}/`)))
        rmSync(path, { recursive: true, force: true })
    }
  }
}
