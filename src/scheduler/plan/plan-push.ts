// The plan of `push`: the image of each service that is built, under all of its tags.
import type { Project } from '../../model/project/project.ts'
import { type Planned, planBuilder } from './plan.ts'

export interface PushOptions {
  quiet: boolean
  ignoreFailures: boolean
}

export function planPush(project: Project, { quiet, ignoreFailures: optional }: PushOptions): Planned {
  const builder = planBuilder()
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
      builder.add({ type: 'pushImage', image: tag, quiet, optional }, 'push')
    }
  }
  return { plan: builder.plan, warnings: [], consents: [] }
}
