// `build --print`: the same builds as a file of docker buildx bake.
import type { BuildDraft } from '../../scheduler/border/build-draft.ts'

export function bakeFile(drafts: readonly BuildDraft[]): object {
  const nameOf = ({ services: [name = ''] }: BuildDraft) => name.replace(/[^\w-]/g, '_')
  return {
    group: { default: { targets: drafts.map(nameOf) } },
    target: Object.fromEntries(drafts.map(draft => [nameOf(draft), target(draft)])),
  }
}

function target(draft: BuildDraft): object {
  const all: Record<string, unknown> = {
    context: draft.context,
    contexts: draft.contexts,
    dockerfile: draft.dockerfile,
    'dockerfile-inline': draft.dockerfileInline,
    args: draft.args,
    labels: draft.labels,
    tags: [draft.image, ...draft.tags],
    'cache-from': draft.cacheFrom,
    'cache-to': draft.cacheTo,
    target: draft.target,
    secret: draft.secrets.map(({ id, from }) =>
      'file' in from ? `id=${id},type=file,src=${from.file}` : `id=${id},type=env,env=${from.variable}`,
    ),
    ssh: draft.ssh.map(({ id, path }) => (path === undefined ? id : `${id}=${path}`)),
    platforms: draft.platform === undefined ? [] : [draft.platform],
    pull: draft.pull || undefined,
    'no-cache': draft.noCache || undefined,
    'no-cache-filter': draft.noCacheFilter,
    network: draft.network,
    shmsize: draft.shmSize === undefined ? undefined : String(draft.shmSize),
    ulimits: draft.ulimits.map(({ name, soft, hard }) => `${name}=${soft}:${hard}`),
    entitlements: draft.entitlements,
    output: ['type=docker'],
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => !isEmpty(value)))
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
