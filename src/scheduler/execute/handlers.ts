// What the handlers of a plan's operations are given. One handler per type, by what it acts on.
import type { Docker } from '../../docker/client/docker.ts'
import type { BuildEvent } from '../../docker/protocol/build-events.ts'
import type { ContainerRef } from '../border/draft.ts'
import type { GivenVariables } from '../border/given-variables.ts'
import type { ObservedImage } from '../observe/observe.ts'
import type { Operation, OperationOf } from '../plan/plan.ts'
import type { ConditionWatch } from './conditions.ts'
import type { OnProgress } from './progress.ts'

export interface OperationContext {
  docker: Docker
  onProgress: OnProgress
  /** Sentences that are not tied to progress. */
  onWarning(text: string): void
  conditions: ConditionWatch
  /** As observed; pulls add to it. */
  images: Record<string, ObservedImage>
  /** What providers give; runs of them add to it. */
  given: Record<string, GivenVariables>
  /** What the user has for the registry of this image; undefined where nobody has logged in. */
  credentialsOf(image: string): Promise<object | undefined>
  /** All that the user has, by registry; `onFailure` is told of what could not be asked. */
  allCredentials(onFailure: (sentence: string) => void): Promise<Record<string, object>>
  /** What a build tells, under the first service that has the image. */
  onBuild?: ((service: string, event: BuildEvent) => void) | undefined
  /** What a build is at, as one line under what it makes. */
  onBuildLine?: ((id: string, line: string) => void) | undefined
  /** What a step of pre_start writes, for who shows it: the name of its container. */
  onStepLine?: ((name: string, line: string, stream: 'stdout' | 'stderr') => void) | undefined
  /** Called once a container was told to start, with its name. */
  onStarting?: ((container: ContainerRef, service: string) => Promise<void>) | undefined
}

export type Handlers = {
  [K in Operation['type']]: (operation: OperationOf<K>, context: OperationContext, signal: AbortSignal) => Promise<void>
}
