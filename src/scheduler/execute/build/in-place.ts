// On our engine: it reads the context where it is, so only what it can't read is sent.
import { readFileSync, statSync } from 'node:fs'
import type { WantedBuild } from '../../../docker/protocol/extensions.ts'
import { ComposeError, isErrno, messageOf } from '../../../shared/errors.ts'
import { type BuildDraft, type BuildSecret, builtContexts } from '../../border/build-draft.ts'
import { buildCredentials } from './build-credentials.ts'
import { readCacheEntries } from './cache-entries.ts'
import { onePlatform } from './one-platform.ts'
import { buildEvents } from './told-by-engine.ts'
import type { BuildWay } from './way.ts'

export async function buildInPlace(draft: BuildDraft, way: BuildWay): Promise<void> {
  const { docker, onEvent, signal } = way
  const cache = readCacheEntries(draft)
  for (const warning of cache.warnings) way.onWarning(warning)
  for (const [name, value] of [
    ['provenance', draft.provenance],
    ['sbom', draft.sbom],
  ] as const)
    if (value !== undefined && value !== 'false') way.onWarning(`build.${name}: no attestation is made by this engine`)
  const wanted: WantedBuild = {
    Context: draft.context,
    Dockerfile: draft.dockerfile,
    DockerfileInline: draft.dockerfileInline,
    Target: draft.target,
    Args: draft.args,
    // Whatever `pull` says, no registry is asked for what was just built.
    Contexts: builtContexts(draft, image => `local-image://${image}`),
    Tags: [draft.image, ...draft.sharedBy, ...draft.tags],
    Labels: draft.labels,
    Platform: await onePlatform(draft, way),
    NoCache: draft.noCache,
    NoCacheFilter: draft.noCacheFilter,
    Pull: draft.pull,
    Network: draft.network,
    ExtraHosts: draft.extraHosts,
    ShmSize: draft.shmSize,
    Memory: draft.memory,
    Ulimits: draft.ulimits.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })),
    Entitlements: draft.entitlements,
    Secrets: Object.fromEntries(draft.secrets.map(secret => [secret.id, contentOf(secret).toString('base64')])),
    Ssh: Object.fromEntries(agentsOf(draft).map(agent => [agent.id, socketOf(agent)])),
    CacheFrom: cache.from,
    CacheTo: cache.to,
    InlineCache: cache.inline,
    Auth: await buildCredentials(draft, way),
  }
  for await (const event of buildEvents(wanted, { docker, services: draft.services, signal })) onEvent(event)
}

export function contentOf({ id, from }: BuildSecret): Buffer {
  if ('content' in from) return Buffer.from(from.content)
  try {
    return readFileSync(from.file)
  } catch (error) {
    throw new ComposeError('not_found', `the build's secret ${id} can't be read: ${messageOf(error)}`, {
      path: from.file,
      cause: error,
    })
  }
}

/** As buildx does, a repository that is reached by ssh has the user's agent, if there is one. */
function agentsOf({ ssh, context, contexts }: BuildDraft): BuildDraft['ssh'] {
  const isNeeded = [context, ...Object.values(contexts)].some(address => /^(?:ssh:\/\/|git@)/.test(address))
  return isNeeded && process.env.SSH_AUTH_SOCK && !ssh.some(({ id }) => id === 'default')
    ? [...ssh, { id: 'default' }]
    : ssh
}

function socketOf({ id, path = process.env.SSH_AUTH_SOCK }: { id: string; path?: string }): string {
  if (!path)
    throw new ComposeError('failed_precondition', `the build's ssh agent ${id}: SSH_AUTH_SOCK is not set`, {
      hint: 'eval $(ssh-agent) and ssh-add start one',
    })
  try {
    if (statSync(path).isSocket()) return path
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error
  }
  throw new ComposeError('invalid_argument', `the build's ssh agent ${id}: ${path} is no socket of an agent`, {
    hint: 'key files are not read: ssh-add them to an agent, and leave the path out',
  })
}
