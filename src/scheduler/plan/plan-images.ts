// Images before all else: what is pulled, what is built, and what has to be there for a build.
import type { Project } from '../../model/project/project.ts'
import type { Service } from '../../model/project/service.ts'
import { parseDuration } from '../../shared/duration.ts'
import { type BuildDraft, type BuildFlags, buildDraft, buildsBefore, noBuildFlags } from '../border/build-draft.ts'
import { imageOf } from '../observe/names.ts'
import type { Observed, ObservedImage } from '../observe/observe.ts'
import type { PlanBuilder } from './plan.ts'

export type PullPolicy = 'always' | 'missing' | 'never' | 'policy'
/** `always` is --build, `never` --no-build. */
export type BuildPolicy = 'always' | 'missing' | 'never'

export interface ImageOptions {
  pull: PullPolicy
  build: BuildPolicy
  quietPull: boolean
  warnings: string[]
}

/** Pulls by policy and builds, one for each image. */
export function planImages(
  project: Project,
  observed: Observed,
  builder: PlanBuilder,
  options: ImageOptions,
): number[] {
  const pulls = new Map<string, number>()
  const pull = (image: string, platform: string | undefined, cause: string | undefined, optional = false) => {
    const known = pulls.get(image)
    if (cause === undefined || known !== undefined) return known
    const node = builder.add({ type: 'pullImage', image, platform, quiet: options.quietPull, optional }, cause)
    pulls.set(image, node)
    return node
  }
  const builds = new Map<string, BuildCause>()
  for (const service of Object.values(project.services)) {
    if (service.provider) continue
    const image = imageOf(project, service)
    const known = observed.images[image]
    const present = known !== undefined
    const buildCause = service.build && buildCauseOf(service, present, options)
    if (buildCause !== undefined) builds.set(service.name, { cause: buildCause })
    else {
      const cause = service.build
        ? pullOfBuildable(service, present, options)
        : pullCause(service, image, known, options)
      const node = pull(image, service.platform, cause, service.build !== undefined)
      // Where the registry hasn't got it, it is built.
      if (service.build && node !== undefined && !present && options.build !== 'never')
        builds.set(service.name, { cause: 'image is missing', unlessPulled: node })
    }
    const missing = (other: string) => observed.images[other] === undefined && options.pull !== 'never'
    for (const mounted of mountedImages(service))
      pull(mounted, service.platform, missing(mounted) ? 'mounted image is missing' : undefined)
    for (const other of stepImages(service))
      pull(other, service.platform, missing(other) ? 'image of pre_start is missing' : undefined)
  }
  const nodes = planBuilds(project, builder, builds, { flags: noBuildFlags, quiet: false, warnings: options.warnings })
  return [...pulls.values(), ...nodes]
}

/** Images that are not run but mounted. */
export const mountedImages = ({ volumes }: Service): string[] =>
  volumes.flatMap(({ type, source }) => (type === 'image' && source ? [source] : []))

/** Images that only steps of pre_start run. */
export const stepImages = ({ preStart }: Service): string[] => preStart.flatMap(({ image }) => image ?? [])

interface BuildCause {
  cause: string
  /** The pull that makes it needless if it succeeds. */
  unlessPulled?: number
}

/** A build for each different one of these services' builds, those that others begin with first. */
export function planBuilds(
  project: Project,
  builder: PlanBuilder,
  wanted: ReadonlyMap<string, BuildCause>,
  { flags, quiet, warnings }: { flags: BuildFlags; quiet: boolean; warnings: string[] },
): number[] {
  const drafts = new Map<string, BuildDraft>()
  const nodes = new Map<string, number>()
  const plan = (service: Service, { cause, unlessPulled }: BuildCause): number => {
    const known = nodes.get(service.name)
    if (known !== undefined) return known
    const draft = buildDraft(project, service, flags, warnings)
    const before = buildsBefore(project, service).map(other =>
      plan(other, wanted.get(other.name) ?? { cause: `${service.name} is built on it` }),
    )
    const key = keyOf(draft)
    const same = drafts.get(key)
    const sameNode = nodes.get(same?.services[0] ?? '')
    if (same && sameNode !== undefined) {
      same.services.push(service.name)
      if (same.image !== draft.image) same.sharedBy.push(draft.image)
      same.tags = [...new Set([...same.tags, ...draft.tags])]
      nodes.set(service.name, sameNode)
      return sameNode
    }
    drafts.set(key, draft)
    const unless = unlessPulled === undefined ? {} : { unlessPulled: true }
    const node = builder.add({ type: 'buildImage', draft, quiet, ...unless }, cause, [...before, unlessPulled])
    nodes.set(service.name, node)
    return node
  }
  for (const [name, cause] of wanted) {
    const service = project.services[name] ?? project.disabledServices[name]
    if (service?.build) plan(service, cause)
  }
  return [...new Set(nodes.values())]
}

/** Everything that decides what is in the image: names and the labels that tell whose it is do not. */
function keyOf({
  services: _,
  image: __,
  tags: ___,
  sharedBy: ____,
  builtOn: _____,
  labels,
  ...draft
}: BuildDraft): string {
  // What it begins with is named by its contexts.
  const own = Object.entries(labels).filter(([name]) => !name.startsWith('com.docker.compose.'))
  return JSON.stringify([draft, own.sort()])
}

function buildCauseOf(
  { pullPolicy, image }: Service,
  present: boolean,
  { build, pull }: ImageOptions,
): string | undefined {
  if (build === 'never') return undefined
  if (build === 'always') return '--build'
  if (pullPolicy === 'build') return 'pull policy build'
  // Said so, the registry is asked first; without a name of its own an image is in none.
  const asked = pull === 'policy' ? pullPolicy : pull
  if (image !== undefined && asked !== undefined && ['always', 'missing', 'if_not_present'].includes(asked))
    return undefined
  return present ? undefined : 'image is missing'
}

function pullOfBuildable(
  { pullPolicy, image }: Service,
  present: boolean,
  { pull, build }: ImageOptions,
): string | undefined {
  if (image === undefined) return undefined
  const policy = pull === 'policy' ? pullPolicy : pull
  if (policy === 'always') return 'pull policy always'
  if (build === 'never' && pull === 'policy' && policy === undefined) return undefined
  return (policy === 'missing' || policy === 'if_not_present') && !present ? 'image is missing' : undefined
}

function pullCause(
  service: Service,
  image: string,
  known: ObservedImage | undefined,
  { pull }: ImageOptions,
): string | undefined {
  const policy = pull === 'policy' ? (service.pullPolicy ?? 'missing') : pull
  if (policy === 'always') return 'pull policy always'
  if (policy === 'never' || policy === 'build') return undefined
  if (!known) return 'image is missing'
  const window = refreshWindow(policy)
  return window !== undefined && known.age !== undefined && known.age > window
    ? `${image} was last pulled longer ago than ${policy} allows`
    : undefined
}

const day = 24 * 60 * 60 * 1000

/** Milliseconds after which an image is asked for again; undefined: not by its age. */
function refreshWindow(policy: string): number | undefined {
  if (policy === 'daily') return day
  if (policy === 'weekly') return 7 * day
  const [, span] = /^every_(.+)$/.exec(policy) ?? []
  return span === undefined ? undefined : parseDuration(span) / 1e6
}
