// Networks and volumes.
import type { Docker } from '../../docker/client/docker.ts'
import { ComposeError } from '../../shared/errors.ts'
import type { Handlers } from './handlers.ts'
import { fromDaemon, throwFromDaemon, told } from './told.ts'

export const resourceHandlers = {
  createNetwork({ body }, { docker, onProgress, onWarning }, signal) {
    return told(onProgress, `Network ${body.Name}`, 'Creating', 'Created', async () => {
      const { warning } = await docker.createNetwork({ ...body, abortSignal: signal })
      if (warning) onWarning(warning)
    })
  },

  async removeNetwork({ name, id: network }, { docker, onProgress, onWarning }, signal) {
    const id = `Network ${name}`
    onProgress({ id, status: 'Working', text: 'Removing' })
    try {
      await docker.getNetwork(network).remove({ abortSignal: signal })
    } catch (error) {
      if (!(error instanceof ComposeError)) throw error
      if (/has active endpoints/.test(error.message)) {
        onProgress({ id, status: 'Warning', text: 'Resource is still in use' })
        return tellUsers(docker, id, { network: [network] }, onWarning, signal)
      }
      if (error.code !== 'not_found') {
        onProgress({ id, status: 'Error', text: 'Error', details: error.message })
        throw fromDaemon(error)
      }
    }
    onProgress({ id, status: 'Done', text: 'Removed' })
  },

  async connect({ network, body }, { docker }, signal) {
    await docker
      .getNetwork(network)
      .connect({ ...body, abortSignal: signal })
      .catch(throwFromDaemon)
  },

  async disconnect({ network, container }, { docker }, signal) {
    await docker
      .getNetwork(network)
      .disconnect({ Container: container.id ?? container.name, Force: true, abortSignal: signal })
      .catch(throwFromDaemon)
  },

  createVolume({ body }, { docker, onProgress }, signal) {
    return told(onProgress, `Volume ${body.Name}`, 'Creating', 'Created', () =>
      docker.createVolume({ ...body, abortSignal: signal }),
    )
  },

  async removeVolume({ name }, { docker, onProgress, onWarning }, signal) {
    const id = `Volume ${name}`
    onProgress({ id, status: 'Working', text: 'Removing' })
    try {
      await docker.getVolume(name).remove({ abortSignal: signal })
    } catch (error) {
      if (!(error instanceof ComposeError)) throw error
      if (error.code === 'conflict') {
        onProgress({ id, status: 'Warning', text: 'Resource is still in use' })
        return tellUsers(docker, id, { volume: [name] }, onWarning, signal)
      }
      if (error.code !== 'not_found') throw fromDaemon(error)
    }
    onProgress({ id, status: 'Done', text: 'Removed' })
  },
} satisfies Partial<Handlers>

/** The containers for whose sake something could not be removed. */
async function tellUsers(
  docker: Docker,
  subject: string,
  filters: Record<string, string[]>,
  onWarning: (text: string) => void,
  abortSignal: AbortSignal,
): Promise<void> {
  const users = await docker.listContainers({ all: true, filters, abortSignal })
  const names = users.map(({ Names }) => (Names?.[0] ?? '').replace(/^\//, ''))
  if (names.length > 0) onWarning(`${subject} stays: it is used by ${names.sort().join(', ')}`)
}
