// Builds of images: a request in, an image out, what happens meanwhile as events. Nothing of a build outlives it but
// its image, its cache entries and its cache mounts; what a kill leaves is swept at the next start.
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join, posix } from 'node:path'
import type { BuildEvent } from '../../docker/protocol/build-events.ts'
import { hostPlatform, parsePlatform } from '../../registry/platform.ts'
import { ComposeError, messageOf } from '../../shared/errors.ts'
import { ignoreMatcher, readIgnore } from '../../shared/ignore-patterns.ts'
import { familiarTag, parseReference } from '../../shared/image-reference.ts'
import { createKeyedTurns } from '../../shared/turns.ts'
import { findInside } from '../chrooted/select-files.ts'
import type { Images } from '../images/images.ts'
import type { ImageDocument, ImageRecord } from '../images/record.ts'
import { blobOf } from './cache.ts'
import { exportCache } from './cache-export.ts'
import { cacheProperty, type MadeStep, tellSteps } from './cache-image.ts'
import { openCacheSources } from './cache-sources.ts'
import { createDigestReader } from './copying.ts'
import { type Checked, checkDockerfile } from './dockerfile/check.ts'
import { type Dockerfile, parseDockerfile } from './dockerfile/dockerfile.ts'
import { withExcerpt } from './dockerfile/excerpt.ts'
import { createProgress } from './progress.ts'
import type { BuildRequest } from './request.ts'
import { checkEntitlements, checkSyntax, unusedArguments } from './request-checks.ts'
import { platformArguments } from './scope.ts'
import { createSources, type DigestMemory } from './sources.ts'
import type { Build, BuildEngine } from './stage-context.ts'
import { diffIdsOf, type StageState } from './stage-state.ts'
import { createStages } from './stages.ts'

export interface Builder {
  build(request: BuildRequest, report: (event: BuildEvent) => void, signal: AbortSignal): Promise<ImageRecord>
  /** Reads it only, and tells what could be better. */
  check(request: BuildRequest, report: (event: BuildEvent) => void): void
  /** A folder for what comes with a request; the caller removes it. */
  receive(): string
}

export interface BuilderOptions extends Omit<BuildEngine, 'turns'> {
  digests: DigestMemory
  booksFolder: string
}

export function createBuilder(options: BuilderOptions): Builder {
  const { images, workers, stagingFolder, digests, booksFolder } = options
  const engine: BuildEngine = { ...options, turns: createKeyedTurns() }
  const reader = createDigestReader(workers.copy)
  const receive = () => {
    const folder = join(stagingFolder, `build-${randomBytes(8).toString('hex')}`)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    return folder
  }
  const removeFolders = async (folder: string) => {
    for (const path of [join(options.secretsFolder, posix.basename(folder)), folder])
      await rm(path, { recursive: true, force: true })
  }
  return {
    receive,
    check(request, report) {
      const dockerfile = readDockerfile(request)
      const { findings } = checkRequest(request, dockerfile, images)
      const file = 'text' in request.dockerfile ? 'inline' : posix.basename(request.dockerfile.path)
      for (const { rule, url, message, first, source } of findings)
        report({ type: 'finding', rule, url, message, file, first, source })
      report({ type: 'checked', findings: findings.length })
    },
    async build(request, report, signal) {
      const tags = request.tags.map(tag => familiarTag(parseReference(tag)))
      checkEntitlements(request)
      const dockerfile = readDockerfile(request)
      checkSyntax(dockerfile, request)
      refuseFindings(checkRequest(request, dockerfile, images), dockerfile)
      const folder = receive()
      // Last of all, when nothing is mounted in it any more.
      await using _ = { [Symbol.asyncDispose]: () => removeFolders(folder) }
      using lease = images.lease()
      // A failure ends what is built beside it.
      const stop = new AbortController()
      const either = AbortSignal.any([signal, stop.signal])
      using sources = createSources({ folder, reader, layers: images.layers, booksFolder, digests })
      const progress = createProgress(report, either)
      const platform = request.platform === undefined ? hostPlatform() : parsePlatform(request.platform)
      using cacheSources = openCacheSources({ request, platform, images, lease, progress, signal: either })
      const build: Build = {
        engine,
        request,
        dockerfile,
        cacheSources,
        made: [],
        triggers: [],
        progress,
        signal: either,
        lease,
        sources,
        folder,
        epoch: epochOf(request),
      }
      const running: Promise<unknown>[] = []
      try {
        const ignored = contextIgnore(request, dockerfile)
        const context = sources.folder(request.context ?? emptyFolder(folder), ignored, request.live)
        const stages = createStages(build, { contextSource: context, running, onFailure: error => stop.abort(error) })
        const state = await stages.build(stages.target)
        const unused = unusedArguments(dockerfile, { request, platform, triggers: build.triggers })
        if (unused !== undefined) progress.warn(unused)
        const record = images.add(images.blobs.putText(JSON.stringify(documentOf(build, state))), [
          ...state.baseBlobs,
          ...state.layers.map(blobOf),
        ])
        for (const tag of tags) images.tag(record, tag)
        await exportCaches(build, state)
        report({ type: 'image', id: record.id, names: tags })
        return record
      } catch (error) {
        // The first, of which others are what followed.
        const first = stop.signal.aborted && !signal.aborted ? stop.signal.reason : error
        throw withExcerpt(first, dockerfile)
      } finally {
        stop.abort(new ComposeError('canceled', 'the build has ended'))
        await Promise.allSettled(running)
      }
    },
  }
}

function checkRequest(request: BuildRequest, dockerfile: Dockerfile, images: Images): Checked {
  return checkDockerfile(dockerfile, {
    ignored: contextIgnore(request, dockerfile),
    predefined: Object.keys(platformArguments(hostPlatform(), '')),
    environmentOf(base) {
      const record = images.find(base)
      return record && (images.document(record).config?.Env ?? [])
    },
    directive: request.args.BUILDKIT_DOCKERFILE_CHECK,
  })
}

/** `# check=error=true`: then what is found ends the build. */
function refuseFindings({ findings, isError }: Checked, { file }: Dockerfile): void {
  const [finding] = findings
  if (!isError || !finding) return
  const rules = [...new Set(findings.map(({ rule }) => rule))].join(', ')
  throw new ComposeError('failed_precondition', `lint violation found for rules: ${rules}`, {
    path: `${file}:${finding.first}`,
    hint: finding.message,
    details: { kind: 'build', source: finding.source },
  })
}

function readDockerfile(request: BuildRequest): Dockerfile {
  if (request.context !== undefined && request.live && !existsSync(request.context))
    throw new ComposeError('not_found', `unable to prepare context: path "${request.context}" not found`)
  if ('text' in request.dockerfile) return parseDockerfile(request.dockerfile.text, 'Dockerfile')
  const { path } = request.dockerfile
  const place = placeOfDockerfile(request, path)
  if (place === undefined || !statSync(place, { throwIfNoEntry: false })?.isFile()) {
    throw new ComposeError(
      'not_found',
      `failed to read dockerfile: open ${posix.basename(path)}: no such file or directory`,
      {
        hint: request.live ? `there is no ${place}` : 'the build context has none of this name',
      },
    )
  }
  return parseDockerfile(readFileSync(place, 'utf8'), request.live ? place : path)
}

/** Of the user's own folder it may be anywhere; of one that was sent it is inside. */
function placeOfDockerfile({ context, live }: BuildRequest, path: string): string | undefined {
  if (live && posix.isAbsolute(path)) return path
  if (context === undefined) return undefined
  return live ? join(context, path) : findInside(context)(path)
}

function contextIgnore(request: BuildRequest, dockerfile: Dockerfile): string[] {
  const { context } = request
  if (context === undefined) return []
  const path = 'path' in request.dockerfile ? request.dockerfile.path : undefined
  const lines = readIgnore(context, path, request.live ? undefined : findInside(context))
  // Looked at, so that a pattern that can't be read is told before anything is done.
  ignoreMatcher(lines)
  return lines.length > 0 && dockerfile ? lines : []
}

function emptyFolder(folder: string): string {
  const empty = join(folder, 'empty')
  mkdirSync(empty, { recursive: true })
  return empty
}

function epochOf({ args }: BuildRequest): number | undefined {
  const text = args.SOURCE_DATE_EPOCH
  if (text === undefined || text === '') return undefined
  if (!/^\d+$/.test(text))
    throw new ComposeError('invalid_argument', `invalid SOURCE_DATE_EPOCH: ${text}`, { hint: 'seconds since 1970' })
  return Number(text)
}

/** Those of the target, lowest first; of its base only what this build has made. */
function stepsOf({ made }: Build, state: StageState): MadeStep[] {
  const diffIds = diffIdsOf(state)
  return made.filter(({ parents, layer }) => {
    const chain = layer ? [...parents, layer.diffId] : parents
    return chain.every((diffId, index) => diffIds[index] === diffId)
  })
}

async function exportCaches(build: Build, state: StageState): Promise<void> {
  const { request, engine, lease, signal, progress } = build
  for (const { name, mode, ignoreError } of request.cacheTo) {
    const made = mode === 'max' ? build.made : stepsOf(build, state)
    const { credentials } = request
    const options = { name, made, platform: state.platform, credentials, images: engine.images, lease, signal }
    await progress
      .step(`exporting cache to ${name}`, () => exportCache(options))
      .catch(error => {
        signal.throwIfAborted()
        if (!ignoreError)
          throw new ComposeError('unavailable', `cache_to ${name}: ${messageOf(error)}`, { cause: error })
        progress.warn(`cache_to ${name}: ${messageOf(error)}`)
      })
  }
}

function documentOf(build: Build, state: StageState): ImageDocument {
  const { request, epoch } = build
  const { platform, config, history, author } = state
  const created =
    epoch === undefined ? (state.created ?? new Date(0).toISOString()) : new Date(epoch * 1000).toISOString()
  return {
    architecture: platform.architecture,
    os: platform.os,
    ...(platform.variant ? { variant: platform.variant } : {}),
    created,
    ...(author ? { author } : {}),
    config: {
      ...config,
      ...(Object.keys(request.labels).length > 0 ? { Labels: { ...config.Labels, ...request.labels } } : {}),
    },
    rootfs: { type: 'layers', diff_ids: diffIdsOf(state) },
    history,
    ...(request.inlineCache ? { [cacheProperty]: tellSteps(stepsOf(build, state)) } : {}),
  }
}
