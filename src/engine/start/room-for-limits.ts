// Room for limits of containers in the control groups that the engine was started in (cgroup-room.ts), noted so that
// whichever engine is the last gives it back.
import { giveRoomBack, makeRoom } from '../kernel/cgroup-room.ts'
import type { Collection } from '../store/database.ts'

const key = 'cgroup_controllers'

export interface RoomForLimits {
  giveBack(): void
}

/** After a boot the host's groups are as the boot left them. */
export function roomForLimits(
  settings: Collection<string>,
  booted: boolean,
  log: (line: string) => void,
): RoomForLimits {
  if (booted) settings.drop(key)
  try {
    makeRoom(controllers => {
      const before = settings.get(key)?.split(' ') ?? []
      settings.put(key, [...new Set([...before, ...controllers])].join(' '))
    })
  } catch (error) {
    // Containers without limits may run all the same; others say what they could not write.
    log(`room for limits: ${error}`)
  }
  return {
    giveBack() {
      const controllers = settings.get(key)
      if (controllers) giveRoomBack(controllers.split(' '))
      settings.drop(key)
    },
  }
}
