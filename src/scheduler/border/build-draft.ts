// How one image is to be built: what a service's `build` says, over what the command line says, for whatever builds it.
import type { Project } from '../../model/project/project.ts'
import type { Service } from '../../model/project/service.ts'
import { ComposeError } from '../../shared/errors.ts'
import { packageVersion } from '../../shared/version.ts'
import { labels } from '../observe/labels.ts'
import { imageOf } from '../observe/names.ts'

export interface BuildDraft {
  /** All that have this image. */
  services: string[]
  image: string
  /** Images of other services that are the same build's. */
  sharedBy: string[]
  /** Also given to the result. */
  tags: string[]
  /** An absolute folder, or an address. */
  context: string
  /** Relative to the context, or absolute. */
  dockerfile: string | undefined
  dockerfileInline: string | undefined
  target: string | undefined
  args: Record<string, string>
  /** Absolute folders, addresses, `docker-image://…`, or `service:<name>` of a build in `builtOn`. */
  contexts: Record<string, string>
  /** The builds whose images it begins with, by service. */
  builtOn: Record<string, BuildDraft>
  labels: Record<string, string>
  /** What the service's containers are; undefined: what the engine is. */
  platform: string | undefined
  /** What it is built for; none: the builder decides. */
  platforms: string[]
  noCache: boolean
  noCacheFilter: string[]
  pull: boolean
  network: string | undefined
  /** `host:address` */
  extraHosts: string[]
  shmSize: number | undefined
  ulimits: { name: string; soft: number; hard: number }[]
  memory: number | undefined
  entitlements: string[]
  secrets: BuildSecret[]
  /** Without a path: the agent of SSH_AUTH_SOCK. */
  ssh: { id: string; path?: string }[]
  cacheFrom: string[]
  cacheTo: string[]
  provenance: string | undefined
  sbom: string | undefined
  /** Of buildx. */
  builder: string | undefined
  /** To a registry when it is built, under the names that the files give. */
  push: boolean
}

/** Nobody has the whole of an image of several platforms but who has built it. */
export const pushedByBuilder = ({ push, platforms }: BuildDraft): boolean => push && platforms.length > 1

export interface BuildSecret {
  id: string
  /** Read when it is built. */
  from: { file: string } | { variable: string; content: string }
}

/** What the command line says beyond the files. */
export interface BuildFlags {
  noCache: boolean
  pull: boolean
  args: Readonly<Record<string, string>>
  memory: number | undefined
  ssh: readonly { id: string; path?: string }[]
  provenance: string | undefined
  sbom: string | undefined
  builder: string | undefined
  push: boolean
  /** For all that the files name, not only for the one by which it runs. */
  everyPlatform: boolean
}

export const noBuildFlags: BuildFlags = {
  noCache: false,
  pull: false,
  args: {},
  memory: undefined,
  ssh: [],
  provenance: undefined,
  sbom: undefined,
  builder: undefined,
  push: false,
  everyPlatform: false,
}

/** Of a service that has `build`. `warnings` is given what has no effect. */
export function buildDraft(project: Project, service: Service, flags: BuildFlags, warnings: string[]): BuildDraft {
  const made = new Map<string, BuildDraft>()
  const draftOf = (one: Service, above: readonly string[]): BuildDraft => {
    refuseCircle(one, above)
    const known = made.get(one.name)
    if (known) return known
    const before = buildsBefore(project, one).map(other => [other.name, draftOf(other, [...above, one.name])])
    const draft = {
      ...ownDraft(project, one, flags, one === service ? warnings : []),
      builtOn: Object.fromEntries(before),
    }
    made.set(one.name, draft)
    return draft
  }
  return draftOf(service, [])
}

/** `above`: the services whose builds begin with it, each with the next. */
function refuseCircle({ name }: Service, above: readonly string[]): void {
  const at = above.indexOf(name)
  if (at < 0) return
  const circle = [...above.slice(at), name].join(' -> ')
  throw new ComposeError('invalid_argument', `dependency cycle detected: ${circle}`, {
    path: `services.${name}.build.additional_contexts`,
    hint: 'one of these builds must begin without the others',
  })
}

function ownDraft(
  project: Project,
  service: Service,
  flags: BuildFlags,
  warnings: string[],
): Omit<BuildDraft, 'builtOn'> {
  const { build } = service
  if (!build) throw new Error(`service ${service.name} has no build`)
  const place = `services.${service.name}.build`
  return {
    services: [service.name],
    image: imageOf(project, service),
    sharedBy: [],
    tags: build.tags,
    context: build.context ?? '.',
    dockerfile: build.dockerfile,
    dockerfileInline: build.dockerfileInline,
    target: build.target,
    args: { ...given(build.args), ...flags.args },
    contexts: build.additionalContexts,
    labels: {
      ...build.labels,
      [labels.project]: project.name,
      [labels.service]: service.name,
      [labels.version]: packageVersion(),
    },
    platform: service.platform,
    platforms: platformsOf(service, flags),
    noCache: flags.noCache || build.noCache === true,
    noCacheFilter: build.noCacheFilter,
    pull: flags.pull || build.pull === true,
    network: build.network,
    extraHosts: Object.entries(build.extraHosts).flatMap(([host, addresses]) =>
      addresses.map(address => `${host}:${address}`),
    ),
    shmSize: build.shmSize,
    ulimits: Object.entries(build.ulimits).map(([name, { single, soft = single ?? 0, hard = single ?? soft }]) => ({
      name,
      soft,
      hard,
    })),
    memory: flags.memory,
    entitlements: [...build.entitlements, ...(build.privileged ? ['security.insecure'] : [])],
    secrets: build.secrets.map(secret => secretOf(project, secret, place, warnings)),
    ssh: [...build.ssh.filter(({ id }) => !flags.ssh.some(other => other.id === id)), ...flags.ssh],
    cacheFrom: build.cacheFrom,
    cacheTo: build.cacheTo,
    provenance: flags.provenance ?? build.provenance,
    sbom: flags.sbom ?? build.sbom,
    builder: flags.builder,
    push: flags.push && service.image !== undefined,
  }
}

/** An ARG without a value keeps its default. */
const given = (args: Readonly<Record<string, string | null>>): Record<string, string> =>
  Object.fromEntries(Object.entries(args).flatMap(([name, value]) => (value === null ? [] : [[name, value]])))

export const serviceOfContext = (value: string): string | undefined => /^service:(.+)$/.exec(value)?.[1]

/** The contexts, with the image in place of each service that was built before. */
export const builtContexts = (
  { contexts, builtOn }: BuildDraft,
  contextOfImage: (image: string) => string,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(contexts).map(([name, value]) => {
      const built = builtOn[serviceOfContext(value) ?? '']
      return [name, built ? contextOfImage(built.image) : value]
    }),
  )

/** These builds and all that they begin with, by service, each once. */
export function withBuildsBefore(drafts: readonly BuildDraft[]): Map<string, BuildDraft> {
  const all = new Map<string, BuildDraft>()
  const add = (draft: BuildDraft) => {
    const [name = ''] = draft.services
    if (all.has(name)) return
    all.set(name, draft)
    for (const other of Object.values(draft.builtOn)) add(other)
  }
  for (const draft of drafts) add(draft)
  return all
}

/** The services whose images it begins with. */
export function buildsBefore(project: Project, { build }: Service): Service[] {
  const names = new Set(Object.values(build?.additionalContexts ?? {}).flatMap(value => serviceOfContext(value) ?? []))
  return [...names].flatMap(name => {
    const service = project.services[name] ?? project.disabledServices[name]
    return service?.build ? [service] : []
  })
}

/** As Docker Compose has it: what is built to be run is for one platform. */
function platformsOf({ platform, build }: Service, { everyPlatform }: BuildFlags): string[] {
  const platforms = build?.platforms ?? []
  const own = platform === undefined ? [] : [platform]
  if (everyPlatform) return platforms.length > 0 ? platforms : own
  return own.length > 0 || platforms.length > 1 ? own : platforms
}

/** The variable's name alone is known to whoever reads the plan. */
function secretOf(
  project: Project,
  { source = '', target = source }: { source?: string | undefined; target?: string | undefined },
  place: string,
  warnings: string[],
): BuildSecret {
  const { file, environment, content } = project.secrets[source] ?? {}
  if (environment !== undefined) {
    // The builder of Docker gives it empty, too.
    if (content === undefined)
      warnings.push(`${place}.secrets: the variable "${environment}" is not set, so the secret "${source}" is empty`)
    return { id: target, from: { variable: environment, content: content ?? '' } }
  }
  if (file !== undefined) return { id: target, from: { file } }
  throw new ComposeError(
    'invalid_argument',
    `build.secrets only supports environment or file-based secrets: "${source}"`,
    { path: `${place}.secrets`, hint: `give secrets.${source} a file or the name of a variable (environment)` },
  )
}
