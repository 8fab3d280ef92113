// Builds of images, told as they go.
import { isConnectionLost } from '../../docker/client/http.ts'
import type { BuildEvent } from '../../docker/protocol/build-events.ts'
import { ComposeError } from '../../shared/errors.ts'
import { observedImage } from '../observe/observe.ts'
import { buildImage } from './build/build-image.ts'
import type { Handlers } from './handlers.ts'
import { unlessGone } from './told.ts'

export const buildHandlers = {
  async buildImage({ draft, quiet, unlessPulled }, context, signal) {
    const { image } = draft
    const id = `Image ${image}`
    if (unlessPulled && context.images[image]) return
    const others = draft.sharedBy.map(other => `Image ${other}`)
    for (const one of [id, ...others]) context.onProgress({ id: one, status: 'Working', text: 'Building' })
    const tail = createTail()
    try {
      await buildImage(draft, {
        docker: context.docker,
        credentialsOf: context.credentialsOf,
        allCredentials: context.allCredentials,
        onWarning: context.onWarning,
        signal,
        onEvent(event) {
          tail.note(event)
          // However the rest is shown.
          if (event.type === 'warning') context.onWarning(`${draft.services.join(', ') || image}: ${event.text}`)
          else if (!quiet) context.onBuild?.(draft.services[0] ?? image, event)
          const line = tail.lineOf(event)
          if (line !== undefined) context.onBuildLine?.(id, line)
        },
      })
    } catch (error) {
      // Without the engine it is not the build that fails.
      if (signal.aborted || isConnectionLost(error)) throw error
      if (!(error instanceof ComposeError) || error.details !== undefined) throw error
      throw new ComposeError(error.code, error.message, {
        path: error.path,
        hint: error.hint,
        details: { kind: 'build', services: draft.services },
        cause: error,
      })
    }
    // What a builder of its own has made for several platforms is in no engine.
    const inspecting = context.docker.getImage(image).inspect({ abortSignal: signal })
    const built = draft.platforms.length > 1 ? await unlessGone(inspecting) : await inspecting
    if (built) for (const name of [image, ...draft.sharedBy]) context.images[name] = observedImage(built)
    for (const one of [id, ...others]) context.onProgress({ id: one, status: 'Done', text: 'Built' })
  },
} satisfies Partial<Handlers>

/** What runs now, as one line for who shows only one: the step, and the last that it wrote. */
function createTail() {
  const names = new Map<number, string>()
  return {
    note(event: BuildEvent): void {
      if (event.type === 'begin') names.set(event.step, event.name)
    },
    lineOf(event: BuildEvent): string | undefined {
      if (event.type === 'begin') return event.name
      if (event.type !== 'output' && event.type !== 'foreign') return undefined
      const last = event.text.trimEnd().split('\n').at(-1)?.trim()
      if (!last) return undefined
      const step = event.type === 'output' ? names.get(event.step)?.replace(/^(\[[^\]]*\]).*$/, '$1 ') : undefined
      return `${step ?? ''}${last}`
    },
  }
}
