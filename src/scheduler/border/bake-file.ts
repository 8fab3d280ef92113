// Builds as a file of docker buildx bake: what `build --print` shows, and how buildx is asked for a build that begins
// with another's image, which it then knows for one of its own.
import { realpathSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import { type BuildDraft, serviceOfContext, withBuildsBefore } from './build-draft.ts'

/** `check`: nothing is built, Dockerfiles are read only. */
export function bakeFile(drafts: readonly BuildDraft[], { check = false } = {}): object {
  const all = withBuildsBefore(drafts)
  const names = targetNames([...all.keys()])
  const nameOf = ({ services: [name = ''] }: BuildDraft) => names.get(name) ?? name
  return withoutTemplates({
    group: { default: { targets: drafts.map(nameOf) } },
    target: Object.fromEntries(
      [...all.values()].map(draft => [nameOf(draft), target(draft, name => names.get(name) ?? name, check)]),
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

function target(draft: BuildDraft, targetOf: (service: string) => string, check: boolean): object {
  const all: Record<string, unknown> = {
    context: draft.context,
    contexts: Object.fromEntries(
      Object.entries(draft.contexts).map(([name, value]) => {
        const service = serviceOfContext(value)
        return [name, service === undefined ? value : `target:${targetOf(service)}`]
      }),
    ),
    dockerfile: dockerfilePath(draft),
    'dockerfile-inline': draft.dockerfileInline,
    args: sorted(draft.args),
    labels: sorted(draft.labels),
    tags: [...draft.tags, draft.image, ...draft.sharedBy],
    'cache-from': draft.cacheFrom,
    'cache-to': draft.cacheTo,
    target: draft.target,
    secret: draft.secrets.map(({ id, from }) =>
      'file' in from ? `id=${id},type=file,src=${from.file}` : `id=${id},type=env,env=${from.variable}`,
    ),
    ssh: draft.ssh.map(({ id, path = '' }) => `${id}=${path}`),
    platforms: draft.platforms,
    pull: draft.pull || undefined,
    'no-cache': draft.noCache || undefined,
    network: draft.network,
    'no-cache-filter': draft.noCacheFilter,
    'shm-size': draft.shmSize === undefined ? undefined : String(draft.shmSize),
    ulimits: draft.ulimits.map(({ name, soft, hard }) => `${name}=${soft === hard ? soft : `${soft}:${hard}`}`),
    call: check ? 'lint' : undefined,
    entitlements: draft.entitlements,
    'extra-hosts': addresses(draft.extraHosts),
    output: check ? undefined : [outputOf(draft)],
    attest: [...attestation('provenance', draft.provenance), ...attestation('sbom', draft.sbom)],
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => !isEmpty(value)))
}

/** As Docker Compose gives it: beside the folder that it is really in, unless the context is an address. */
function dockerfilePath({ context, dockerfile }: BuildDraft): string | undefined {
  if (dockerfile === undefined || !isAbsolute(context)) return dockerfile
  const path = resolve(context, dockerfile)
  try {
    return join(realpathSync(dirname(path)), basename(path))
  } catch {
    return path
  }
}

const sorted = (map: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)))

/** Of `host:address`. */
function addresses(hosts: readonly string[]): Record<string, string> {
  const all: Record<string, string> = {}
  for (const entry of hosts) {
    const [host = '', address] = entry.split(/:(.*)/s)
    all[host] = all[host] === undefined ? `${address}` : `${all[host]},${address}`
  }
  return sorted(all)
}

function attestation(type: string, value: string | undefined): string[] {
  if (value === undefined || value === '') return []
  if (value === 'true') return [`type=${type}`]
  return [value === 'false' ? `type=${type},disabled=true` : `type=${type},${value}`]
}

/** An image of several platforms is no archive that could be loaded. */
function outputOf({ platforms, push }: BuildDraft): string {
  if (platforms.length > 1) return `type=image,push=${push}`
  return push ? 'type=registry' : 'type=docker'
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
