// Device requests (`gpus`, deploy's reservations, CDI names) as names of CDI devices. Without a vendor that offers
// the capability there is none, in Docker's words.

import type { Own } from '../../../docker/protocol/own-names.ts'
import type { DeviceRequest as WireRequest } from '../../../docker/protocol/types.ts'
import { ComposeError } from '../../../shared/errors.ts'
import { type CdiDevice, type ContainerEdits, cdiDevices, cdiEdits } from '../../runtime/cdi.ts'

type DeviceRequest = Own<WireRequest>

/** What a container is given for all of its requests. */
export async function requestedEdits(
  requests: readonly DeviceRequest[],
  folders?: readonly string[],
): Promise<ContainerEdits[]> {
  if (requests.length === 0) return []
  const { devices } = await cdiDevices(folders)
  const names = requests.flatMap(request => namesOf(request, [...devices.values()]))
  return cdiEdits([...new Set(names)], folders)
}

function namesOf(request: DeviceRequest, offered: readonly CdiDevice[]): string[] {
  const { driver = '', count = 0, deviceIDs: ids = [], capabilities = [] } = request
  if (driver === 'cdi') return ids
  const ofGpus = driver === 'nvidia' || capabilities.some(names => names.includes('gpu'))
  const kind = ofGpus ? gpuKind(driver, offered) : undefined
  if (ofGpus && driver === '' && !kind) {
    throw new ComposeError('failed_precondition', 'failed to discover GPU vendor from CDI: no known GPU vendor found', {
      hint: 'no CDI specification in /etc/cdi or /var/run/cdi offers GPUs: nvidia-ctk cdi generate writes one',
    })
  }
  if (!kind) {
    // Go prints a list of lists like this.
    const asked = capabilities.map(names => `[${names.join(' ')}]`).join(' ')
    throw new ComposeError(
      'failed_precondition',
      `could not select device driver "${driver}" with capabilities: [${asked}]`,
      { hint: 'no CDI specification on this host offers such devices' },
    )
  }
  if (ids.length > 0) return ids.map(id => (id.includes('=') ? id : `${kind}=${id}`))
  const all = offered.filter(device => device.kind === kind).map(({ name }) => name)
  if (count === -1 && all.includes(`${kind}=all`)) return [`${kind}=all`]
  const single = all.filter(name => name !== `${kind}=all`).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  if (count === -1) return single
  if (count > single.length) {
    throw new ComposeError(
      'failed_precondition',
      `${count} devices of ${kind} were requested, and the host offers ${single.length}`,
    )
  }
  return single.slice(0, count)
}

/** `nvidia.com/gpu`, or what another vendor calls so. */
function gpuKind(driver: string, offered: readonly CdiDevice[]): string | undefined {
  const kinds = [...new Set(offered.map(({ kind }) => kind))].filter(kind => kind.endsWith('/gpu')).sort()
  if (driver !== '') return kinds.find(kind => kind === `${driver}.com/gpu` || kind === `${driver}/gpu`)
  return kinds.find(kind => kind === 'nvidia.com/gpu') ?? kinds[0]
}
