// How the docker CLI's buildx is called for a build: its words, what it reads, and what is in its environment.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bakeFile } from '../../border/bake-file.ts'
import { type BuildDraft, pushedByBuilder, withBuildsBefore } from '../../border/build-draft.ts'
import { contentOf } from './in-place.ts'

export interface BuildxCall {
  args: string[]
  /** Of its standard input. */
  input: string | undefined
  env: Record<string, string>
}

/** Secrets are written into `folder`. */
export const buildxCall = (draft: BuildDraft, folder: string): BuildxCall =>
  // An image that was built before is no context for every builder: within bake it is a target.
  Object.keys(draft.builtOn).length > 0
    ? bakeCall(draft)
    : { args: buildArguments(draft, folder), input: draft.dockerfileInline, env: {} }

/** What was built before comes out of the cache. */
function bakeCall(draft: BuildDraft): BuildxCall {
  const before = [...withBuildsBefore([draft]).values()].filter(other => other !== draft)
  const cached = before.map(other => ({ ...other, builtOn: {}, noCache: false, noCacheFilter: [], push: false }))
  const wanted = {
    ...draft,
    push: pushedByBuilder(draft),
    builtOn: Object.fromEntries(cached.map(other => [other.services[0], other])),
  }
  return bake([draft], bakeFile([wanted]))
}

/** Dockerfiles are read only. A buildx that can't do that would build what the file says, but does not know the flag. */
export function checkCall(drafts: readonly BuildDraft[]): BuildxCall {
  const { args, ...call } = bake(drafts, bakeFile(drafts, { check: true }))
  return { args: [...args, '--check'], ...call }
}

const bake = (drafts: readonly BuildDraft[], file: object): BuildxCall => ({
  args: ['buildx', 'bake', '--file', '-', '--progress', 'plain', ...flag('--builder', drafts[0]?.builder)],
  input: JSON.stringify(file),
  // The file is ours, and so are the folders that it names.
  env: { BUILDX_BAKE_ENTITLEMENTS_FS: '0', ...secretVariables(drafts) },
})

/** The values of secrets that come from variables. */
const secretVariables = (drafts: readonly BuildDraft[]): Record<string, string> =>
  Object.fromEntries(
    [...withBuildsBefore(drafts).values()].flatMap(({ secrets }) =>
      secrets.flatMap(({ from }) => ('file' in from ? [] : [[from.variable, from.content]])),
    ),
  )

function buildArguments(draft: BuildDraft, folder: string): string[] {
  const { args, contexts, labels, platforms, ulimits, secrets, ssh } = draft
  return [
    ...['buildx', 'build', '--progress', 'plain', ...outputOf(draft), ...flag('--builder', draft.builder)],
    ...each('--tag', [draft.image, ...draft.sharedBy, ...draft.tags]),
    ...flag('--file', dockerfileOf(draft)),
    ...flag('--target', draft.target),
    ...each('--build-arg', pairs(args)),
    ...each('--build-context', pairs(contexts)),
    ...each('--label', pairs(labels)),
    ...flag('--platform', platforms.join(',') || undefined),
    ...(draft.noCache ? ['--no-cache'] : []),
    ...each('--no-cache-filter', draft.noCacheFilter),
    ...(draft.pull ? ['--pull'] : []),
    ...flag('--network', draft.network),
    ...each('--add-host', draft.extraHosts),
    ...flag('--shm-size', draft.shmSize ? String(draft.shmSize) : undefined),
    ...each(
      '--ulimit',
      ulimits.map(({ name, soft, hard }) => `${name}=${soft}:${hard}`),
    ),
    ...each('--allow', draft.entitlements),
    ...each(
      '--secret',
      secrets.map((secret, index) => {
        const path = join(folder, `secret-${index}`)
        writeFileSync(path, contentOf(secret), { mode: 0o600 })
        return `id=${secret.id},src=${path}`
      }),
    ),
    ...each(
      '--ssh',
      ssh.map(({ id, path }) => (path === undefined ? id : `${id}=${path}`)),
    ),
    ...each('--cache-from', draft.cacheFrom),
    ...each('--cache-to', draft.cacheTo),
    ...flag('--provenance', draft.provenance),
    ...flag('--sbom', draft.sbom),
    draft.context,
  ]
}

const each = (name: string, values: readonly string[]): string[] => values.flatMap(value => [name, value])

const flag = (name: string, value: string | undefined): string[] => (value === undefined ? [] : [name, value])

const pairs = (map: Readonly<Record<string, string>>): string[] =>
  Object.entries(map).map(([name, value]) => `${name}=${value}`)

/** An image of several platforms is no archive that could be loaded. */
const outputOf = ({ platforms, push }: BuildDraft): string[] =>
  platforms.length > 1 ? ['--output', `type=image,push=${push}`] : ['--load']

/** The docker CLI takes it relative to where it runs. */
function dockerfileOf({ context, dockerfile, dockerfileInline }: BuildDraft): string | undefined {
  if (dockerfileInline !== undefined) return '-'
  if (dockerfile === undefined || dockerfile.startsWith('/') || !context.startsWith('/')) return dockerfile
  return join(context, dockerfile)
}
