// Stages: each is built once, when somebody first needs it; what the target doesn't need is not built, and what does
// not need one another is built at the same time.

import { formatPlatform, hostPlatform, type Platform, parsePlatform } from '../../registry/platform.ts'
import { ComposeError } from '../../shared/errors.ts'
import { nearest } from '../../shared/nearest.ts'
import { baseImage, stateOfImage } from './base-image.ts'
import { buildStage, countSteps } from './build-stage.ts'
import type { Stage } from './dockerfile/dockerfile.ts'
import { argumentsOf, createWords, platformArguments, type Words } from './scope.ts'
import { readIgnore, type Source } from './sources.ts'
import { type Build, titleOf } from './stage-context.ts'
import { emptyState, type StageState, stateOnTop } from './stage-state.ts'

export interface Stages {
  target: Stage
  build(stage: Stage): Promise<StageState>
}

/** `running` is given everything that is begun: a build has ended when all of it has. */
export function createStages(build: Build, contextSource: Source, running: Promise<unknown>[]): Stages {
  const { dockerfile, request } = build
  const { stages } = dockerfile
  const platform = request.platform === undefined ? hostPlatform() : parsePlatform(request.platform)
  const target = findTarget(stages, request.target, dockerfile.file)
  const globals = globalArguments(build, platform)
  const words = createWords(dockerfile.escapeToken, name => globals.get(name))
  const states = new Map<string, Promise<StageState>>()

  const once = (key: string, make: () => Promise<StageState>): Promise<StageState> => {
    const known = states.get(key)
    if (known) return known
    const state = make()
    // Whoever needs it is told of its failure when they get to it.
    state.catch(() => {})
    running.push(state)
    states.set(key, state)
    return state
  }

  const all: Stages = {
    target,
    build: stage =>
      once(`stage ${stage.index}`, async () => {
        // Those that it copies from are begun with it, not when it gets there.
        for (const other of referencedBy(stage, stages)) void all.build(other)
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
    const earlier = stages.slice(0, stage.index).find(other => other.name === name.toLowerCase())
    if (earlier) return all.build(earlier)
    if (name === 'scratch') return emptyState(wanted)
    return imageState(name, wanted, `[${titleOf(build, stage)}1/${countSteps(stage.instructions)}] FROM ${name}`, path)
  }

  /** Also of a context by that name. */
  function imageState(name: string, wanted: Platform, step: string, path: string): Promise<StageState> {
    const given = request.contexts[name]
    const ref = given?.startsWith('docker-image://') ? given.slice('docker-image://'.length) : name
    return once(`image ${ref} ${formatPlatform(wanted)}`, async () => {
      if (given !== undefined && !given.startsWith('docker-image://'))
        throw new ComposeError('invalid_argument', `the context ${name} is a folder, and FROM needs an image`, { path })
      const record = await build.progress
        .step(step, running => baseImage(build, ref, wanted, running))
        .catch(error => {
          throw error instanceof ComposeError && error.path === undefined
            ? new ComposeError(error.code, error.message, { path, hint: error.hint, cause: error })
            : error
        })
      return stateOfImage(build, record)
    })
  }

  /** What `--from` and `from=` name; the context where they name nothing. */
  async function sourceNamed(name: string, stage: Stage): Promise<Source> {
    if (name === '') return contextSource
    const earlier = stages.slice(0, stage.index)
    const other =
      earlier.find(one => one.name === name.toLowerCase()) ?? (/^\d+$/.test(name) ? earlier[Number(name)] : undefined)
    if (other) return build.sources.layers(await all.build(other))
    const given = request.contexts[name]
    if (given?.startsWith('/')) return build.sources.folder(given, readContextIgnore(given), true)
    if (/^\d+$/.test(name) || name.toLowerCase() === stage.name)
      throw new ComposeError(
        'invalid_argument',
        `invalid from flag value ${name}: there is no such stage before this one`,
      )
    return build.sources.layers(await imageState(name, platform, `FROM ${name}`, dockerfile.file))
  }
}

/** The ignore file of a context of its own is its own. */
const readContextIgnore = (folder: string): string[] => readIgnore(folder, undefined)

function findTarget(stages: readonly Stage[], wanted: string | undefined, file: string): Stage {
  const last = stages.at(-1)
  if (!wanted && last) return last
  const found =
    stages.find(({ name }) => name === wanted?.toLowerCase()) ??
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

/** Stages that COPY and mounts of a stage name. */
function referencedBy(stage: Stage, stages: readonly Stage[]): Stage[] {
  const names = stage.instructions.flatMap(({ flags }) =>
    flags.flatMap(({ name, value }) =>
      name === 'from' ? value : name === 'mount' ? (/(?:^|,)from=([^,]+)/.exec(value)?.[1] ?? []) : [],
    ),
  )
  return names.flatMap(
    name =>
      stages.slice(0, stage.index).find(other => other.name === name.toLowerCase() || String(other.index) === name) ??
      [],
  )
}

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

export function expandOrThrow(words: Words, text: string, path: string): string {
  try {
    return words.expand(text)
  } catch (error) {
    throw error instanceof ComposeError
      ? new ComposeError(error.code, error.message, { path, hint: error.hint, cause: error })
      : error
  }
}
