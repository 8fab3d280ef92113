// By POST /build with the context in a tar, for engines that can't read this machine's files and have no BuildKit here.
// What that way has no place for is refused by name.
import { existsSync, readFileSync, type Stats } from 'node:fs'
import { isAbsolute, join, relative } from 'node:path'
import { Readable } from 'node:stream'
import { jsonLines } from '../../../docker/protocol/json-lines.ts'
import { ComposeError, isErrno } from '../../../shared/errors.ts'
import { ignoreMatcher, readIgnore } from '../../../shared/ignore-patterns.ts'
import { packPath } from '../../../shared/tar/pack.ts'
import { writeTar } from '../../../shared/tar/write.ts'
import type { BuildDraft } from '../../border/build-draft.ts'
import { labels } from '../../observe/labels.ts'
import { buildCredentials } from './build-credentials.ts'
import { onePlatform } from './one-platform.ts'
import type { BuildWay } from './way.ts'

export async function buildByArchive(draft: BuildDraft, way: BuildWay): Promise<void> {
  const { docker, onEvent, signal } = way
  const isOurs = docker.hasExtension('build')
  refuse(draft, isOurs)
  const platform = await onePlatform(draft, way)
  const isFolder = isAbsolute(draft.context)
  const inline = draft.dockerfileInline ?? outsideDockerfile(draft)
  const dockerfile = draft.dockerfileInline === undefined ? (draft.dockerfile ?? 'Dockerfile') : undefined
  const name = inline === undefined ? (dockerfile ?? 'Dockerfile') : '.dockerfile.tsc-compose'
  const registries = Object.fromEntries(
    Object.values(await buildCredentials(draft, way)).flatMap(credentials =>
      'serveraddress' in credentials ? [[String(credentials.serveraddress), credentials]] : [],
    ),
  )
  const stream = await docker.buildImage(
    isFolder
      ? Readable.from(contextTar(draft.context, name, inline, readIgnore(draft.context, dockerfile)))
      : Buffer.alloc(0),
    {
      registries,
      abortSignal: signal,
      query: {
        dockerfile: name,
        t: [draft.image, ...draft.sharedBy, ...draft.tags],
        remote: isFolder ? undefined : draft.context,
        buildargs: JSON.stringify(draft.args),
        labels: JSON.stringify(isOurs ? draft.labels : { ...draft.labels, [labels.builder]: 'classic' }),
        cachefrom: JSON.stringify(draft.cacheFrom),
        // Each by itself, as the docker CLI sends them.
        extrahosts: draft.extraHosts,
        target: draft.target,
        platform,
        nocache: draft.noCache,
        pull: draft.pull ? '1' : undefined,
        networkmode: draft.network,
        shmsize: draft.shmSize,
        memory: draft.memory,
        rm: true,
        forcerm: true,
      },
    },
  )
  const tail: string[] = []
  for await (const line of jsonLines(stream)) {
    // The Engine API's BuildInfo.
    const {
      stream: text,
      error,
      errorDetail,
    } = line as { stream?: string; error?: string; errorDetail?: { message?: string } }
    if (text) {
      tail.push(text)
      onEvent({ type: 'foreign', text })
    }
    if (error === undefined) continue
    throw new ComposeError('failed_precondition', errorDetail?.message ?? error, {
      details: { kind: 'build', services: draft.services, output: tail.join('').trimEnd().split('\n').slice(-20) },
    })
  }
}

/** `isOurs`: our own engine at the end of a connection. */
function refuse(draft: BuildDraft, isOurs: boolean): void {
  const asked: Record<string, boolean> = {
    secrets: draft.secrets.length > 0,
    ssh: draft.ssh.length > 0,
    additional_contexts: Object.keys(draft.contexts).length > 0,
    entitlements: draft.entitlements.length > 0,
    cache_to: draft.cacheTo.length > 0,
    no_cache_filter: draft.noCacheFilter.length > 0,
    ulimits: draft.ulimits.length > 0,
    provenance: draft.provenance !== undefined && draft.provenance !== 'false',
    sbom: draft.sbom !== undefined && draft.sbom !== 'false',
    platforms: draft.platforms.length > 1 && !isOurs,
  }
  if (draft.builder !== undefined && !isOurs)
    throw new ComposeError('failed_precondition', `no builder "${draft.builder}" found: there is no buildx here`, {
      hint: "install the docker CLI's buildx (docker-buildx), or leave --builder out",
    })
  const name = Object.keys(asked).find(key => asked[key])
  if (name !== undefined)
    throw new ComposeError(
      'not_implemented',
      `build.${name} needs BuildKit, and this engine is reached by its classic builder`,
      {
        path: `services.${draft.services[0]}.build.${name}`,
        hint: "have the docker CLI's buildx (docker-buildx) and no DOCKER_BUILDKIT=0, or build on tsc-compose's own engine",
      },
    )
}

/** One that is not in the context goes along under a name of ours. */
function outsideDockerfile({ context, dockerfile }: BuildDraft): string | undefined {
  if (dockerfile === undefined || !isAbsolute(context)) return undefined
  const path = isAbsolute(dockerfile) ? dockerfile : join(context, dockerfile)
  const inside = relative(context, path)
  if (inside !== '' && !inside.startsWith('..')) return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isErrno(error, 'ENOENT'))
      throw new ComposeError('not_found', `failed to read dockerfile: open ${dockerfile}: no such file or directory`, {
        path,
      })
    throw error
  }
}

/** Owned by root, as every client sends it. */
function* contextTar(
  context: string,
  dockerfile: string,
  inline: string | undefined,
  patterns: readonly string[],
): Generator<Buffer> {
  const ignored = ignoreMatcher(patterns)
  const hasExceptions = patterns.some(line => line.trim().startsWith('!'))
  const ignoreFile = join(context, '.dockerignore')
  const needed = [join(context, dockerfile), ...(inline === undefined ? [ignoreFile] : [])]
  const wanted = (path: string, stats: Stats) => {
    const name = relative(context, path)
    if (inline !== undefined && path === ignoreFile) return false
    return (
      name === '' ||
      needed.includes(path) ||
      !ignored(name) ||
      (hasExceptions && stats.isDirectory()) ||
      needed.some(one => one.startsWith(`${path}/`))
    )
  }
  if (inline !== undefined) {
    // What only goes along is none of the context's files, for COPY.
    const added = [dockerfile, ...(existsSync(ignoreFile) ? [] : ['.dockerignore'])]
    const file = (path: string, content: string) => ({ path, content, mode: 0o644, uid: 0, gid: 0 })
    const files = [file(dockerfile, inline), file('.dockerignore', `${[...patterns, ...added].join('\n')}\n`)]
    yield* withoutEnd(writeTar(files))
  }
  yield* packPath(context, { name: '', wanted, owner: { uid: 0, gid: 0 } })
}

/** The two empty blocks, which would be the whole's end. */
function* withoutEnd(tar: Buffer): Generator<Buffer> {
  yield tar.subarray(0, tar.length - 1024)
}
