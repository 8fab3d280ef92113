// What happens around a running service: what it waits for, health, hooks and watching files.
import type { dependsOn } from '../../../../schema/service.ts'
import type { development, healthcheck, preStartHook } from '../../../../schema/service-lifecycle.ts'
import { group, listOf, mapOf, printedAlways, type Shape } from '../kinds/collection.ts'
import type { RowsOf } from '../kinds/rows.ts'
import { always, flag, optionalDuration, optionalFlag, optionalUnsigned, shown, text } from '../kinds/scalar.ts'
import { command, healthTest, variables } from '../kinds/special.ts'
import { neededWord, shownText, texts } from './common.ts'
import type { DependencyCondition, WatchAction } from './words.ts'

type DependencyDefinition = (typeof dependsOn)['oneOf'][1]['patternProperties']['^[a-zA-Z0-9._-]+$']

export type Dependency = Shape<typeof makeDependency>

const makeDependency = () =>
  group({
    condition: neededWord<DependencyCondition>(),
    /** Restart the dependent when Compose restarts or recreates this one. */
    restart: flag,
    /** False: its absence or failure is only warned about. */
    required: always(optionalFlag, true),
  } satisfies RowsOf<DependencyDefinition>)

/** Durations in nanoseconds. */
export type Healthcheck = Shape<typeof makeHealthcheck>

export const makeHealthcheck = () =>
  group({
    /** `NONE`, `CMD` or `CMD-SHELL` and its arguments. */
    test: healthTest,
    timeout: optionalDuration,
    interval: optionalDuration,
    retries: optionalUnsigned,
    startPeriod: optionalDuration,
    startInterval: optionalDuration,
    disable: flag,
  } satisfies RowsOf<typeof healthcheck>)

/** `image` and `perReplica` are of `pre_start` only. */
export type Hook = Shape<typeof makeHook>

const makeHook = () =>
  group({
    command,
    image: text,
    user: text,
    privileged: flag,
    workingDir: text,
    environment: variables,
    perReplica: flag,
  } satisfies RowsOf<typeof preStartHook>)

export type WatchTrigger = Shape<typeof makeWatchTrigger>

const makeWatchTrigger = () =>
  group({
    /** Absolute. */
    path: shownText,
    action: shown(neededWord<WatchAction>(), 'rebuild', String),
    target: text,
    exec: printedAlways(makeHook(), () => new Map([['command', null]])),
    include: texts,
    ignore: texts,
    initialSync: flag,
  } satisfies RowsOf<(typeof development)['properties']['watch']>)

export const makeDependencies = () => mapOf(makeDependency())

export const makeHooks = () => listOf(makeHook())

export const makeDevelop = () => group({ watch: listOf(makeWatchTrigger()) } satisfies RowsOf<typeof development>)
