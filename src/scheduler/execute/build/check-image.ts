// `build --check`: what our engine finds in a Dockerfile without building it.
import type { Docker } from '../../../docker/client/docker.ts'
import type { BuildEvent } from '../../../docker/protocol/build-events.ts'
import { jsonLines } from '../../../docker/protocol/json-lines.ts'
import { ComposeError } from '../../../shared/errors.ts'
import type { BuildDraft } from '../../border/build-draft.ts'

export type Finding = Extract<BuildEvent, { type: 'finding' }>

export async function checkImage(draft: BuildDraft, docker: Docker, signal: AbortSignal): Promise<Finding[]> {
  const wanted = {
    Context: draft.context,
    Dockerfile: draft.dockerfile,
    DockerfileInline: draft.dockerfileInline,
    Target: draft.target,
    Args: draft.args,
    Check: true,
  }
  const findings: Finding[] = []
  for await (const line of jsonLines(await docker.buildFrom(wanted, { abortSignal: signal }))) {
    // Our engine writes nothing else.
    const event = line as BuildEvent
    if (event.type === 'finding') findings.push(event)
    if (event.type === 'checked') return findings
    if (event.type === 'error')
      throw new ComposeError('invalid_argument', event.message, {
        path: event.path,
        hint: event.hint,
        details: { ...event.details, kind: 'build', services: draft.services },
      })
  }
  throw new ComposeError('unavailable', 'the engine ended in the middle of the check', {
    hint: 'tsc-compose engine logs has its last words',
  })
}
