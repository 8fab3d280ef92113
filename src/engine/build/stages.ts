// Stages: each is built once, when somebody first needs it; what the target doesn't need is not built, and what does
// not need one another is built at the same time. Of two that have one name the last counts.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { formatPlatform, hostPlatform, type Platform, parsePlatform } from '../../registry/platform.ts'
import { ComposeError, placed } from '../../shared/errors.ts'
import { readIgnore } from '../../shared/ignore-patterns.ts'
import { familiarTag, referenceOf } from '../../shared/image-reference.ts'
import { nearest } from '../../shared/nearest.ts'
import { findInside } from '../chrooted/select-files.ts'
import { baseImage, stateOfImage } from './base-image.ts'
import { buildStage, countSteps } from './build-stage.ts'
import { copy } from './copy.ts'
import type { Stage } from './dockerfile/dockerfile.ts'
import { argumentsOf } from './dockerfile/words.ts'
import { cloneRepository, isGitAddress } from './git.ts'
import type { BuildRequest } from './request.ts'
import { createWords, platformArguments, type Words } from './scope.ts'
import type { Source } from './sources.ts'
import { type Build, createStageContext, titleOf } from './stage-context.ts'
import { emptyState, type StageState, stateOnTop } from './stage-state.ts'

export interface Stages {
  target: Stage
  build(stage: Stage): Promise<StageState>
}

export interface StagesOptions {
  contextSource: Source
  /** Is given everything that is begun: a build has ended when all of it has. */
  running: Promise<unknown>[]
  /** Told of each failure, when it happens. */
  onFailure: (error: unknown) => void
}

export function createStages(build: Build, { contextSource, running, onFailure }: StagesOptions): Stages {
  const { dockerfile, request } = build
  const { stages } = dockerfile
  const platform = request.platform === undefined ? hostPlatform() : parsePlatform(request.platform)
  const target = findTarget(stages, request.target, dockerfile.file)
  const globals = globalArguments(build, platform)
  const words = createWords(dockerfile.escapeToken, name => globals.get(name))
  const states = new Map<string, Promise<StageState>>()
  const clones = new Map<string, Promise<Source>>()

  const once = (key: string, make: () => Promise<StageState>): Promise<StageState> => {
    const known = states.get(key)
    if (known) return known
    const state = make()
    state.catch(onFailure)
    running.push(state)
    states.set(key, state)
    return state
  }

  const all: Stages = {
    target,
    build: stage =>
      once(`stage ${stage.index}`, async () => {
        // Those that it copies from are begun with it, not when it gets there.
        for (const other of referencedBy(stage, stages, request.contexts)) void all.build(other)
        const base = await baseOf(stage)
        return buildStage(build, stage, stateOnTop(base), {
          globals,
          sourceNamed: name => sourceNamed(name, stage),
        })
      }),
  }
  return all

  async function baseOf(stage: Stage): Promise<StageState> {
    const path = `${dockerfile.file}:${stage.from.first}`
    const name = expandOrThrow(words, stage.base, path)
    if (name === '')
      throw new ComposeError('invalid_argument', `base name (${stage.base}) should not be blank`, {
        path,
        hint: 'its variables have no values: give them a default by ARG before FROM',
      })
    const wanted = stage.platform === undefined ? platform : parsePlatform(expandOrThrow(words, stage.platform, path))
    // A context stands for the image or the stage of its name.
    const earlier = stages.slice(0, stage.index).findLast(other => other.name === name.toLowerCase())
    if (earlier && contextNamed(request.contexts, name) === undefined) return all.build(earlier)
    if (name === 'scratch') return emptyState(wanted)
    const step = `[${titleOf(build, stage)}1/${countSteps(stage.instructions)}] FROM ${name}`
    const files = contextFiles(name)
    if (files) return once(`context ${name}`, async () => stateOfFiles(await files, stage, wanted, step))
    return imageState(name, wanted, step, path)
  }

  /** The files of a context are an image of one layer. */
  async function stateOfFiles(files: Source, stage: Stage, wanted: Platform, step: string): Promise<StageState> {
    const context = { ...createStageContext(build, stage, emptyState(wanted), 1), stepName: () => step }
    const { first, last, shown } = stage.from
    await copy(
      context,
      { keyword: 'COPY', flags: [], text: '. /', list: undefined, heredocs: [], first, last, shown },
      files,
    )
    return context.state
  }

  /** Also of a context by that name. */
  function imageState(name: string, wanted: Platform, step: string, path: string): Promise<StageState> {
    const given = contextNamed(request.contexts, name)
    const image = given === undefined ? { ref: name, local: false } : imageOfContext(given)
    return once(`image ${JSON.stringify(image)} ${formatPlatform(wanted)}`, async () => {
      if (!image) throw ofNoKind(name, `${given}`, path)
      const record = await build.progress
        .step(step, running => baseImage(build, { ...image, platform: wanted }, running))
        .catch(error => {
          throw placed(error, path)
        })
      return stateOfImage(build, record)
    })
  }

  /** What `--from` and `from=` name; the context where they name nothing. */
  async function sourceNamed(name: string, stage: Stage): Promise<Source> {
    if (name === '') return contextSource
    const files = contextFiles(name)
    if (files) return files
    const given = contextNamed(request.contexts, name)
    if (given !== undefined && !imageOfContext(given)) throw ofNoKind(name, given)
    const other = stageNamed(name, stages.slice(0, stage.index))
    if (other && given === undefined) return build.sources.layers(await all.build(other))
    if (/^\d+$/.test(name) || name.toLowerCase() === stage.name)
      throw new ComposeError(
        'invalid_argument',
        `invalid from flag value ${name}: there is no such stage before this one`,
      )
    return build.sources.layers(await imageState(name, platform, `FROM ${name}`, dockerfile.file))
  }

  /** Of a context that is a folder or a git repository. */
  function contextFiles(name: string): Promise<Source> | undefined {
    const given = contextNamed(request.contexts, name)
    if (given?.startsWith('/')) return Promise.resolve(build.sources.folder(given, readIgnore(given), true))
    return given !== undefined && isGitAddress(given) ? clonedContext(name, given) : undefined
  }

  /** Of a git repository, cloned when it is first asked for. */
  function clonedContext(name: string, address: string): Promise<Source> {
    const known = clones.get(name)
    if (known) return known
    const folder = join(build.folder, `context-${clones.size}`)
    const cloned = build.progress.step(`[context ${name}] ${address}`, async () => {
      mkdirSync(folder)
      const place = await cloneRepository(address, folder, {
        keepGitFolder: undefined,
        access: request,
        signal: build.signal,
      })
      return build.sources.folder(place, readIgnore(place, undefined, findInside(place)), false)
    })
    running.push(cloned)
    clones.set(name, cloned)
    return cloned
  }
}

/** `docker-image://name`, or `local-image://name` for one that is here and of which no registry is asked. */
function imageOfContext(given: string): { ref: string; local: boolean } | undefined {
  const [, kind, ref] = /^(docker|local)-image:\/\/(.*)$/s.exec(given) ?? []
  return ref === undefined ? undefined : { ref, local: kind === 'local' }
}

/** Names are compared as images are: `alpine` is `docker.io/library/alpine:latest`. */
function contextNamed(contexts: BuildRequest['contexts'], name: string): string | undefined {
  const normal = (text: string) => {
    const reference = referenceOf(text)
    return reference ? familiarTag(reference) : text
  }
  const wanted = normal(name.toLowerCase())
  return contexts[name] ?? Object.entries(contexts).find(([other]) => normal(other.toLowerCase()) === wanted)?.[1]
}

const ofNoKind = (name: string, given: string, path?: string) =>
  new ComposeError('not_implemented', `the context ${name}: ${given} is of no kind that this engine reads`, {
    path,
    hint: 'a folder, a git repository, or docker-image://name',
  })

function findTarget(stages: readonly Stage[], wanted: string | undefined, file: string): Stage {
  const last = stages.at(-1)
  if (!wanted && last) return last
  const found =
    stages.findLast(({ name }) => name === wanted?.toLowerCase()) ??
    (/^\d+$/.test(wanted ?? '') ? stages[Number(wanted)] : undefined)
  if (found) return found
  const names = stages.flatMap(({ name }) => name ?? [])
  const meant = nearest(wanted ?? '', names)
  throw new ComposeError('invalid_argument', `target stage "${wanted}" could not be found`, {
    path: file,
    hint: meant
      ? `did you mean ${meant}?`
      : names.length > 0
        ? `its stages are ${names.join(', ')}`
        : 'its stages have no names',
  })
}

/** Stages that COPY and mounts of a stage name, and for which no context stands. */
function referencedBy(stage: Stage, stages: readonly Stage[], contexts: BuildRequest['contexts']): Stage[] {
  const names = stage.instructions.flatMap(({ flags }) =>
    flags.flatMap(({ name, value }) =>
      name === 'from' ? value : name === 'mount' ? (/(?:^|,)from=([^,]+)/.exec(value)?.[1] ?? []) : [],
    ),
  )
  return names
    .filter(name => contextNamed(contexts, name) === undefined)
    .flatMap(name => stageNamed(name, stages.slice(0, stage.index)) ?? [])
}

/** By its name, or by its number. */
const stageNamed = (name: string, earlier: readonly Stage[]): Stage | undefined =>
  earlier.findLast(one => one.name === name.toLowerCase()) ?? (/^\d+$/.test(name) ? earlier[Number(name)] : undefined)

function globalArguments({ dockerfile, request }: Build, platform: Platform): Map<string, string> {
  const globals = new Map(Object.entries(platformArguments(platform, request.target ?? '')))
  const words = createWords(dockerfile.escapeToken, name => globals.get(name))
  for (const { text, first } of dockerfile.globals) {
    for (const [name, fallback] of argumentsOf(text, dockerfile.escapeToken)) {
      const value =
        request.args[name] ??
        (fallback === undefined ? undefined : expandOrThrow(words, fallback, `${dockerfile.file}:${first}`))
      if (value !== undefined) globals.set(name, value)
    }
  }
  return globals
}

function expandOrThrow(words: Words, text: string, path: string): string {
  try {
    return words.expand(text)
  } catch (error) {
    throw placed(error, path)
  }
}
