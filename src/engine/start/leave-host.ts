// The last steps of an engine without running containers: nothing of it is left outside its data root.
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { removeCgroup } from '../kernel/cgroups.ts'
import { unmount } from '../kernel/mounts.ts'
import { removeNetns } from '../kernel/namespaces.ts'
import type { HostForwarding } from '../networks/host-forwarding.ts'
import type { Networks } from '../networks/networks.ts'
import type { Ports } from '../networks/ports.ts'
import type { Volumes } from '../volumes/volumes.ts'
import type { Folders } from './folders.ts'

export interface LeaveHostOptions {
  runRoot: string
  folders: Folders
  cgroupParent: string
  networks: Networks
  ports: Ports
  forwarding: HostForwarding
  volumes: Volumes
  /** Gives back what was made for limits in somebody else's control groups. */
  leaveRoom: () => void
}

export function leaveHost({ runRoot, folders, cgroupParent, ...parts }: LeaveHostOptions): void {
  parts.networks.takeDown()
  parts.ports.removeTable()
  parts.forwarding.restore()
  parts.volumes.unmountAll()
  for (const id of readdirSync(folders.rootfs)) unmount(join(folders.rootfs, id))
  for (const id of readdirSync(folders.netns)) removeNetns(join(folders.netns, id))
  removeCgroup(cgroupParent)
  parts.leaveRoom()
  unmount(runRoot)
  for (const name of readdirSync(runRoot)) rmSync(join(runRoot, name), { recursive: true, force: true })
}
