// The plan of `pull`: one pull for each image that a service runs, or a word on why there is none.
import type { Project } from '../../model/project/project.ts'
import type { Service } from '../../model/project/service.ts'
import type { Observed } from '../observe/observe.ts'
import { type Planned, planBuilder } from './plan.ts'

export interface PullOptions {
  /** In place of what the services say. */
  policy: string | undefined
  quiet: boolean
  ignoreFailures: boolean
  /** Services that can be built are left out. */
  ignoreBuildable: boolean
}

export function planPull(project: Project, observed: Observed, options: PullOptions): Planned {
  const builder = planBuilder()
  const pulled = new Set<string>()
  for (const service of Object.values(project.services)) {
    if (service.provider) continue
    const { image } = service
    const skip = skipped(service, observed, options)
    if (image === undefined || skip !== undefined) {
      const id = image === undefined ? service.name : `Image ${image}`
      const details = skip ? { details: skip } : {}
      builder.add({ type: 'report', id, text: 'Skipped', ...details }, 'not to be pulled')
      continue
    }
    if (pulled.has(image)) continue
    pulled.add(image)
    // What can be built may be missing in the registry.
    const optional = options.ignoreFailures || service.build !== undefined
    builder.add({ type: 'pullImage', image, platform: service.platform, quiet: options.quiet, optional }, 'pull')
  }
  return { plan: builder.plan, warnings: [], consents: [] }
}

/** Why a service's image is left alone, in the peer's words; it has none for a policy. */
function skipped(service: Service, observed: Observed, options: PullOptions): string | undefined {
  const { image, build, pullPolicy } = service
  if (image === undefined) return 'No image to be pulled'
  const policy = options.policy ?? pullPolicy
  if (policy === 'never' || policy === 'build') return ''
  // What is called latest may have become another.
  const present = observed.images[image] !== undefined && !isLatest(image)
  if ((policy === 'missing' || policy === 'if_not_present') && present) return 'Image is already present locally'
  if (build !== undefined && options.ignoreBuildable) return 'Image can be built'
  return undefined
}

const isLatest = (image: string): boolean => !/@|:(?!latest$)[^/]+$/.test(image)
