// Images: pulled before anything else, pushed, removed behind all else.
import { isConnectionLost } from '../../docker/client/http.ts'
import { followProgress } from '../../docker/protocol/json-lines.ts'
import { pushedInstead } from '../../docker/protocol/pushed-instead.ts'
import { ComposeError, messageOf } from '../../shared/errors.ts'
import { familiarName, parseReference } from '../../shared/image-reference.ts'
import { observedImage } from '../observe/observe.ts'
import { subjectOf } from '../plan/plan.ts'
import type { Handlers } from './handlers.ts'
import type { ProgressEvent } from './progress.ts'
import { fromDaemon, throwFromDaemon } from './told.ts'

export const imageHandlers = {
  async pullImage({ image, platform, quiet, optional }, context, signal) {
    const id = `Image ${image}`
    context.onProgress({ id, status: 'Working', text: 'Pulling' })
    try {
      const authconfig = await context.credentialsOf(image)
      const stream = await context.docker.pull(image, { platform, authconfig, abortSignal: signal })
      const layers = new Map<string, string>()
      await followProgress(stream, ({ id: layer, status = '', progressDetail }) => {
        // Without progress it is no layer's: the tag that is pulled.
        if (quiet || !layer || !progressDetail || layers.get(layer) === `${status}${progressDetail.current ?? ''}`)
          return
        layers.set(layer, `${status}${progressDetail.current ?? ''}`)
        context.onProgress(layerEvent(id, layer, status, progressDetail))
      })
    } catch (error) {
      // Without the engine it is not the image that fails.
      if (signal.aborted || isConnectionLost(error)) throw error
      context.onProgress({ id, status: optional ? 'Warning' : 'Error', text: 'Error', details: messageOf(error) })
      if (!optional) throw fromDaemon(error)
      return
    }
    context.images[image] = observedImage(await context.docker.getImage(image).inspect({ abortSignal: signal }))
    context.onProgress({ id, status: 'Done', text: 'Pulled' })
  },

  async pushImage({ image, quiet, silent, optional }, context, signal) {
    if (!silent) context.onProgress({ id: image, status: 'Working', text: 'Pushing' })
    try {
      const reference = parseReference(image)
      const authconfig = await context.credentialsOf(image)
      const stream = await context.docker
        .getImage(familiarName(reference))
        .push({ tag: reference.tag ?? 'latest', authconfig, abortSignal: signal })
        .catch(throwFromDaemon)
      await followProgress(stream, ({ id: layer, status = '', progressDetail, aux }) => {
        const instead = pushedInstead(aux)
        if (instead !== undefined) context.onWarning(`${image}: ${instead}`)
        if (!quiet && layer) context.onProgress(layerEvent(image, layer, status, progressDetail))
      })
    } catch (error) {
      // Without the engine it is not the image that fails.
      if (signal.aborted || isConnectionLost(error)) throw error
      context.onProgress({ id: image, status: optional ? 'Warning' : 'Error', text: messageOf(error) })
      if (!optional) throw error
      return
    }
    if (!silent) context.onProgress({ id: image, status: 'Done', text: 'Pushed' })
  },

  async removeImage(operation, { docker, onProgress }, signal) {
    const { image } = operation
    const id = subjectOf(operation) ?? ''
    onProgress({ id, status: 'Working', text: 'Removing' })
    try {
      await docker.getImage(image).remove({ abortSignal: signal })
    } catch (error) {
      if (!(error instanceof ComposeError)) throw error
      // Another project's containers, mostly.
      if (error.code === 'conflict') return onProgress({ id, status: 'Warning', text: 'Resource is still in use' })
      if (error.code !== 'not_found') {
        onProgress({ id, status: 'Error', text: 'Error', details: error.message })
        throw fromDaemon(error)
      }
    }
    onProgress({ id, status: 'Done', text: 'Removed' })
  },
} satisfies Partial<Handlers>

function layerEvent(
  parentId: string,
  id: string,
  text: string,
  detail: { current?: number; total?: number } | undefined,
): ProgressEvent {
  const done = /^(Pull complete|Already exists|Pushed|Layer already exists|Mounted from)/.test(text)
  return {
    id,
    parentId,
    status: done ? 'Done' : 'Working',
    text,
    ...(detail?.current === undefined ? {} : { current: detail.current }),
    ...(detail?.total === undefined ? {} : { total: detail.total }),
  }
}
