// Volumes with driver_opts type, o and device: what mount(8) would do with them, by mount(2).
import { ComposeError, messageOf } from '../../shared/errors.ts'
import { MS, mount } from '../kernel/libc.ts'

const flags: Record<string, number> = {
  ro: MS.RDONLY,
  nosuid: MS.NOSUID,
  nodev: MS.NODEV,
  noexec: MS.NOEXEC,
  bind: MS.BIND,
  rbind: MS.BIND | MS.REC,
  rw: 0,
  defaults: 0,
}

export function mountVolumeDevice(name: string, target: string, options: Record<string, string>): void {
  const { flag, data } = splitOptions(options.o ?? '')
  const { device = '', type = '' } = options
  try {
    mount(device || type, target, flag & MS.BIND ? '' : type, flag, data)
    // A bind mount takes over its source's flags; only a second call changes them.
    if (flag & MS.BIND && flag & MS.RDONLY) mount('', target, '', flag | MS.REMOUNT)
  } catch (error) {
    throw new ComposeError(
      'failed_precondition',
      `error while mounting volume '${target}': failed to mount local volume: ${messageOf(error)}`,
      {
        path: name,
        hint: `check driver_opts type, device and o of the volume ${name}`,
        cause: error,
      },
    )
  }
}

function splitOptions(text: string): { flag: number; data: string } {
  let flag = 0
  const rest: string[] = []
  for (const option of text.split(',').filter(Boolean)) {
    const known = flags[option]
    if (known === undefined) rest.push(option)
    else flag |= known
  }
  return { flag, data: rest.join(',') }
}
