// Which steps of pre_start are due: once for a service, or with `per_replica` for each container.
import type { Project } from '../../model/project/project.ts'
import type { ContainerDraft, ContainerRef } from '../border/draft.ts'
import { preStartDraft } from '../border/pre-start.ts'

export function preStartDrafts(
  project: Project | undefined,
  name: string,
  container: ContainerRef | undefined,
): ContainerDraft[] {
  const service = project?.services[name]
  if (!project || !service) return []
  const number = container && Number(/-(\d+)$/.exec(container.name)?.[1] ?? 1)
  return service.preStart.flatMap((hook, index) =>
    (hook.perReplica ?? false) === (container !== undefined)
      ? preStartDraft(project, service, hook, index, number)
      : [],
  )
}
