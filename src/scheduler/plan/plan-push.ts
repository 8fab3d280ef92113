// The plan of `push`: the image of each service that is built, under all of its tags. `build --push` does the same as
// soon as each is built.
import type { Project } from '../../model/project/project.ts'
import { pushedByBuilder } from '../border/build-draft.ts'
import { type PlanBuilder, type Planned, planBuilder } from './plan.ts'

export interface PushOptions {
  quiet: boolean
  ignoreFailures: boolean
}

export function planPush(project: Project, { quiet, ignoreFailures: optional }: PushOptions): Planned {
  const builder = planBuilder()
  const inTurn = repositoryTurns()
  const pushed = new Set<string>()
  for (const { name, image, build } of Object.values(project.services)) {
    if (build === undefined || !image) {
      const details = image ? 'not built here' : 'no image is named'
      builder.add({ type: 'report', id: name, text: 'Skipped' }, details)
      continue
    }
    for (const tag of [image, ...(build.tags ?? [])]) {
      if (pushed.has(tag)) continue
      pushed.add(tag)
      inTurn(tag, before => builder.add({ type: 'pushImage', image: tag, quiet, optional }, 'push', [before]))
    }
  }
  return { plan: builder.plan, warnings: [], consents: [] }
}

/** After the builds that are planned: those that have a name of their own, as nobody has a registry for the others. */
export function planPushOfBuilt({ services, disabledServices }: Project, builder: PlanBuilder, quiet: boolean): void {
  const inTurn = repositoryTurns()
  for (const { id, operation } of [...builder.plan]) {
    if (operation.type !== 'buildImage' || pushedByBuilder(operation.draft)) continue
    const { image, sharedBy, tags, services: names } = operation.draft
    const named = names.flatMap(name => (services[name] ?? disabledServices[name])?.image ?? [])
    const wanted = [...[image, ...sharedBy].filter(name => named.includes(name)), ...tags]
    for (const name of new Set(wanted))
      inTurn(name, before =>
        builder.add({ type: 'pushImage', image: name, quiet, silent: quiet, optional: false }, '--push', [id, before]),
      )
  }
}

/**
 * One repository is given one image after the other: the second finds the layers that they share there, and no registry
 * is given the same twice at once (docker-registry then loses one of them).
 */
function repositoryTurns(): (image: string, add: (before: number | undefined) => number) => void {
  const last = new Map<string, number>()
  return (image, add) => {
    const repository = image.replace(/[:@][^/]*$/, '')
    last.set(repository, add(last.get(repository)))
  }
}
