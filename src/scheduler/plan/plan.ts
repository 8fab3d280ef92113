// A plan: operations, what each waits for, and why it is there. Plain data; planners write it, the executor walks it.

import type { NetworkConnectRequest, NetworkCreateRequest, VolumeCreateOptions } from '../../docker/protocol/types.ts'
import type { Dependency, Hook } from '../../model/attributes/shapes/lifecycle.ts'
import type { Service } from '../../model/project/service.ts'
import { familiarTag, parseReference } from '../../shared/image-reference.ts'
import type { BuildDraft } from '../border/build-draft.ts'
import type { ContainerDraft, ContainerRef } from '../border/draft.ts'

interface Arguments {
  pullImage: { image: string; platform: string | undefined; quiet: boolean; optional: boolean }
  /** `unlessPulled`: it was asked of the registry before, which may have had it. */
  buildImage: { draft: BuildDraft; quiet: boolean; unlessPulled?: boolean }
  /** Silent: only a failure is told. */
  pushImage: { image: string; quiet: boolean; silent?: boolean; optional: boolean }
  removeImage: { image: string }
  createNetwork: { body: NetworkCreateRequest }
  removeNetwork: { name: string; id: string }
  connect: { network: string; body: NetworkConnectRequest }
  disconnect: { network: string; container: ContainerRef }
  createVolume: { body: VolumeCreateOptions & { Name: string } }
  removeVolume: { name: string }
  createContainer: { draft: ContainerDraft }
  recreateContainer: { draft: ContainerDraft; old: ContainerRef; timeout: number | undefined }
  /** Makes and starts a new one beside the old one, and when it is ready lets it take that one's place. */
  exchangeContainer: {
    draft: ContainerDraft
    old: ContainerRef
    timeout: number | undefined
    postStart: Hook[]
    preStop: Hook[]
  }
  /** Runs to its end, and is removed when it has ended well. */
  runStep: { draft: ContainerDraft; index: number }
  startContainer: { container: ContainerRef; service: string; hooks: Hook[] }
  /** `idle`: it has ended already; only said, as Docker Compose says it. */
  stopContainer: { container: ContainerRef; service: string; timeout: number | undefined; hooks: Hook[]; idle: boolean }
  restartContainer: {
    container: ContainerRef
    service: string
    timeout: number | undefined
    preStop: Hook[]
    postStart: Hook[]
  }
  killContainer: { container: ContainerRef; signal: string }
  pauseContainer: { container: ContainerRef }
  unpauseContainer: { container: ContainerRef }
  removeContainer: { container: ContainerRef; volumes: boolean }
  renameContainer: { container: ContainerRef; name: string }
  runProvider: ProviderRun
  /** A call of docker's plugin for AI models. */
  runModelTool: {
    name: string
    step: 'pull' | 'configure'
    program: string
    args: string[]
    env: Record<string, string>
    quiet: boolean
  }
  /** `purpose` ready is --wait; a dependency that is not required only warns. */
  wait: {
    container: ContainerRef
    service: string
    condition: Dependency['condition']
    required: boolean
    purpose: 'dependency' | 'ready'
  }
  /** Nothing to do, and that is worth saying. */
  report: { id: string; text: string; details?: string }
  /** Joins many to many with few edges. */
  gate: { name: string }
}

/** One call of the program behind a service with a provider. */
export interface ProviderRun {
  service: Service
  action: ProviderAction
  /** `problem`: why there is nothing to call; told when the turn comes, since the rest can be done. */
  call: { program: string; args: string[]; env: Record<string, string> } | { problem: string }
}

export type ProviderAction = 'up' | 'down' | 'stop'

export type Operation = { [K in keyof Arguments]: { type: K } & Arguments[K] }[keyof Arguments]
export type OperationOf<K extends keyof Arguments> = { type: K } & Arguments[K]

export interface PlanNode {
  id: number
  operation: Operation
  cause: string
  /** Ids of the nodes that must be done before. */
  after: readonly number[]
}

export type Plan = readonly PlanNode[]

/** A question that must be answered yes before what depends on it may be planned. */
export interface Consent {
  id: string
  question: string
}

export interface Planned {
  plan: Plan
  warnings: string[]
  consents: Consent[]
}

export interface PlanBuilder {
  add(operation: Operation, cause: string, after?: readonly (number | undefined)[]): number
  plan: Plan
  /** What is added from now on and waits for nothing else waits for this node. */
  base: number | undefined
}

export function planBuilder(): PlanBuilder {
  const plan: PlanNode[] = []
  const builder: PlanBuilder = {
    plan,
    base: undefined,
    add(operation, cause, after = []) {
      const ids = new Set(after.filter(id => id !== undefined))
      if (ids.size === 0 && builder.base !== undefined) ids.add(builder.base)
      plan.push({ id: plan.length, operation, cause, after: [...ids].sort((a, b) => a - b) })
      return plan.length - 1
    },
  }
  return builder
}

/** One line per node: number, what, (why), and the numbers of the nodes it waits for. */
export function formatPlan(plan: Plan): string {
  return plan
    .map(({ id, operation, cause, after }) => {
      const order = after.length > 0 ? ` after ${after.join(' ')}` : ''
      return `${id} ${describe(operation)} (${cause})${order}`
    })
    .join('\n')
}

export function describe(operation: Operation): string {
  switch (operation.type) {
    case 'pullImage':
      return `pull image ${operation.image}`
    case 'buildImage':
      return `build image ${operation.draft.image}`
    case 'pushImage':
      return `push image ${operation.image}`
    case 'removeImage':
      return `remove image ${operation.image}`
    case 'createNetwork':
      return `create network ${operation.body.Name}`
    case 'removeNetwork':
      return `remove network ${operation.name}`
    case 'connect':
      return `connect container ${operation.body.Container} to ${operation.network}`
    case 'disconnect':
      return `disconnect container ${operation.container.name} from ${operation.network}`
    case 'createVolume':
      return `create volume ${operation.body.Name}`
    case 'removeVolume':
      return `remove volume ${operation.name}`
    case 'createContainer':
      return `create container ${operation.draft.name}`
    case 'recreateContainer':
      return `recreate container ${operation.draft.name}`
    case 'exchangeContainer':
      return `exchange container ${operation.draft.name}`
    case 'runStep':
      return `run ${operation.draft.name}`
    case 'runProvider':
      return `run provider ${operation.service.provider?.type} ${operation.action} for ${operation.service.name}`
    case 'runModelTool':
      return `${operation.step} model ${operation.name}`
    case 'startContainer':
      return `start container ${operation.container.name}`
    case 'stopContainer':
      return `stop container ${operation.container.name}`
    case 'restartContainer':
      return `restart container ${operation.container.name}`
    case 'killContainer':
      return `kill container ${operation.container.name} with ${operation.signal}`
    case 'pauseContainer':
      return `pause container ${operation.container.name}`
    case 'unpauseContainer':
      return `unpause container ${operation.container.name}`
    case 'removeContainer':
      return `remove container ${operation.container.name}`
    case 'renameContainer':
      return `rename container ${operation.container.name} to ${operation.name}`
    case 'wait':
      return `wait for ${operation.container.name} ${operation.condition}`
    case 'report':
      return `report ${operation.id} ${operation.text}`
    case 'gate':
      return `gate ${operation.name}`
  }
}

/** The id under which the events of an operation come; undefined for those that tell nothing. */
export function subjectOf(operation: Operation): string | undefined {
  switch (operation.type) {
    case 'pullImage':
      return `Image ${operation.image}`
    case 'buildImage':
      return `Image ${operation.draft.image}`
    case 'pushImage':
      return operation.image
    case 'removeImage':
      return `Image ${familiarTag(parseReference(operation.image))}`
    case 'createNetwork':
    case 'createVolume':
      return `${operation.type === 'createNetwork' ? 'Network' : 'Volume'} ${operation.body.Name}`
    case 'removeNetwork':
    case 'removeVolume':
      return `${operation.type === 'removeNetwork' ? 'Network' : 'Volume'} ${operation.name}`
    case 'createContainer':
    case 'recreateContainer':
    case 'exchangeContainer':
      return `Container ${operation.draft.name}`
    case 'startContainer':
    case 'stopContainer':
    case 'restartContainer':
    case 'killContainer':
    case 'pauseContainer':
    case 'unpauseContainer':
    case 'removeContainer':
    case 'wait':
      return `Container ${operation.container.name}`
    case 'runProvider':
      return operation.service.name
    case 'runModelTool':
      return operation.name
    case 'report':
      return operation.id
    case 'connect':
    case 'disconnect':
    case 'renameContainer':
    case 'runStep':
    case 'gate':
      return undefined
  }
}
