// `build --check`: what our engine finds in a Dockerfile without building it.
import type { Docker } from '../../../docker/client/docker.ts'
import type { BuildEvent } from '../../../docker/protocol/build-events.ts'
import type { BuildDraft } from '../../border/build-draft.ts'
import { buildEvents } from './told-by-engine.ts'

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
  for await (const event of buildEvents(wanted, { docker, services: draft.services, signal }))
    if (event.type === 'finding') findings.push(event)
  return findings
}
