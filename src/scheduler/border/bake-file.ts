// Builds as a file of docker buildx bake: what `build --print` shows, and how buildx is asked for a build that begins
// with another's image, which it then knows for one of its own.
import { type BuildDraft, serviceOfContext } from './build-draft.ts'

/** `check`: nothing is built, Dockerfiles are read only. */
export function bakeFile(drafts: readonly BuildDraft[], { check = false } = {}): object {
  const all = new Map<string, BuildDraft>()
  const add = (draft: BuildDraft) => {
    const [name = ''] = draft.services
    if (all.has(name)) return
    all.set(name, draft)
    for (const other of Object.values(draft.builtOn)) add(other)
  }
  for (const draft of drafts) add(draft)
  const names = targetNames([...all.keys()])
  const nameOf = ({ services: [name = ''] }: BuildDraft) => names.get(name) ?? name
  return withoutTemplates({
    group: { default: { targets: drafts.map(nameOf) } },
    target: Object.fromEntries(
      [...all.values()].map(draft => [
        nameOf(draft),
        {
          ...target(draft, name => names.get(name) ?? name),
          ...(check ? { call: 'lint' } : { output: outputs(draft) }),
        },
      ]),
    ),
  })
}

/** A dot is none of a target's name, so that two services may come to the same. */
function targetNames(services: readonly string[]): Map<string, string> {
  const names = new Map<string, string>()
  for (const service of [...services].sort()) {
    let name = service.replaceAll('.', '_')
    while ([...names.values()].includes(name)) name += '_'
    names.set(service, name)
  }
  return names
}

/** Texts are HCL's templates: what begins one is written twice. */
function withoutTemplates<T>(value: T): T {
  const text = JSON.stringify(value, (_key, one) =>
    typeof one === 'string' ? one.replace(/([$%])(?=\{)/g, '$1$1') : one,
  )
  return JSON.parse(text) as T // of the same shape
}

function target(draft: BuildDraft, targetOf: (service: string) => string): object {
  const all: Record<string, unknown> = {
    context: draft.context,
    contexts: Object.fromEntries(
      Object.entries(draft.contexts).map(([name, value]) => {
        const service = serviceOfContext(value)
        return [name, service === undefined ? value : `target:${targetOf(service)}`]
      }),
    ),
    dockerfile: draft.dockerfile,
    'dockerfile-inline': draft.dockerfileInline,
    args: draft.args,
    labels: draft.labels,
    tags: [draft.image, ...draft.sharedBy, ...draft.tags],
    'cache-from': draft.cacheFrom,
    'cache-to': draft.cacheTo,
    target: draft.target,
    secret: draft.secrets.map(({ id, from }) =>
      'file' in from ? `id=${id},type=file,src=${from.file}` : `id=${id},type=env,env=${from.variable}`,
    ),
    ssh: draft.ssh.map(({ id, path }) => (path === undefined ? id : `${id}=${path}`)),
    platforms: draft.platforms,
    pull: draft.pull || undefined,
    'no-cache': draft.noCache || undefined,
    'no-cache-filter': draft.noCacheFilter,
    network: draft.network,
    shmsize: draft.shmSize === undefined ? undefined : String(draft.shmSize),
    ulimits: draft.ulimits.map(({ name, soft, hard }) => `${name}=${soft}:${hard}`),
    entitlements: draft.entitlements,
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => !isEmpty(value)))
}

/** An image of several platforms is no archive that could be loaded. */
const outputs = ({ platforms, pushedByBuilder }: BuildDraft): string[] => [
  platforms.length > 1 ? `type=image,push=${pushedByBuilder}` : 'type=docker',
]

const isEmpty = (value: unknown): boolean =>
  value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
