// What our engine tells of a build or of a check, to its end.
import type { Docker } from '../../../docker/client/docker.ts'
import type { BuildEvent } from '../../../docker/protocol/build-events.ts'
import type { WantedBuild } from '../../../docker/protocol/extensions.ts'
import { jsonLines } from '../../../docker/protocol/json-lines.ts'
import { ComposeError } from '../../../shared/errors.ts'

/** The last is the image, or that it is checked; throws the error that the engine tells instead. */
export async function* buildEvents(
  wanted: WantedBuild,
  { docker, services, signal }: { docker: Docker; services: readonly string[]; signal: AbortSignal },
): AsyncGenerator<BuildEvent> {
  let isDone = false
  for await (const line of jsonLines(await docker.buildFrom(wanted, { abortSignal: signal }))) {
    // Our engine writes nothing else.
    const event = line as BuildEvent
    yield event
    isDone ||= event.type === 'image' || event.type === 'checked'
    if (event.type === 'error')
      throw new ComposeError(wanted.Check ? 'invalid_argument' : 'failed_precondition', event.message, {
        path: event.path,
        hint: event.hint,
        details: { ...event.details, kind: 'build', services },
      })
  }
  if (isDone) return
  throw new ComposeError('unavailable', `the engine ended in the middle of the ${wanted.Check ? 'check' : 'build'}`, {
    hint: 'tsc-compose engine logs has its last words',
  })
}
