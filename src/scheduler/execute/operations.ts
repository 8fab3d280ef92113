// What each operation of a plan does to the engine, and the events it tells of it. One handler per type.
import type { Docker } from '../../docker/client/docker.ts'
import { frames } from '../../docker/protocol/frames.ts'
import { followProgress } from '../../docker/protocol/json-lines.ts'
import type { Hook } from '../../model/project/service.ts'
import { ComposeError, messageOf } from '../../shared/errors.ts'
import { writeTar } from '../../shared/tar/write.ts'
import type { ContainerDraft, ContainerRef } from '../border/draft.ts'
import { withSecurityProfiles } from '../border/security-profiles.ts'
import { labels } from '../observe/labels.ts'
import { type ObservedImage, observedImage } from '../observe/observe.ts'
import { type Operation, type OperationOf, subjectOf } from '../plan/plan.ts'
import { replacementName } from '../plan/plan-interrupted.ts'
import type { ConditionWatch } from './conditions.ts'
import type { OnProgress, ProgressEvent } from './progress.ts'

export interface OperationContext {
  docker: Docker
  onProgress: OnProgress
  /** Sentences that are not tied to progress. */
  onWarning(text: string): void
  conditions: ConditionWatch
  /** As observed; pulls add to it. */
  images: Record<string, ObservedImage>
  /** What the user has for the registry of this image; undefined where nobody has logged in. */
  credentialsOf(image: string): Promise<object | undefined>
  /** Called once a container was told to start, with its name. */
  onStarting?: ((container: ContainerRef) => Promise<void>) | undefined
}

type Handlers = {
  [K in Operation['type']]: (operation: OperationOf<K>, context: OperationContext, signal: AbortSignal) => Promise<void>
}

export function runOperation(operation: Operation, context: OperationContext, signal: AbortSignal): Promise<void> {
  // The map below has for each type the handler of that type; TypeScript can't see the pairing through the union.
  const handler = handlers[operation.type] as (
    one: Operation,
    context: OperationContext,
    signal: AbortSignal,
  ) => Promise<void>
  return handler(operation, context, signal)
}

const handlers = {
  async pullImage({ image, platform, quiet, optional }, context, signal) {
    const id = `Image ${image}`
    context.onProgress({ id, status: 'Working', text: 'Pulling' })
    try {
      const authconfig = await context.credentialsOf(image)
      const stream = await context.docker.pull(image, { platform, authconfig, abortSignal: signal })
      const layers = new Map<string, string>()
      await followProgress(stream, ({ id: layer, status = '', progressDetail }) => {
        if (quiet || !layer || layers.get(layer) === `${status}${progressDetail?.current ?? ''}`) return
        layers.set(layer, `${status}${progressDetail?.current ?? ''}`)
        context.onProgress(layerEvent(id, layer, status, progressDetail))
      })
    } catch (error) {
      if (signal.aborted) throw error
      context.onProgress({ id, status: optional ? 'Warning' : 'Error', text: 'Error', details: messageOf(error) })
      if (!optional) throw fromDaemon(error)
      return
    }
    context.images[image] = observedImage(await context.docker.getImage(image).inspect({ abortSignal: signal }))
    context.onProgress({ id, status: 'Done', text: 'Pulled' })
  },

  async removeImage(operation, { docker, onProgress }, signal) {
    const { image } = operation
    const id = subjectOf(operation) ?? ''
    onProgress({ id, status: 'Working', text: 'Removing' })
    try {
      await docker.getImage(image).remove({ abortSignal: signal })
    } catch (error) {
      if (!(error instanceof ComposeError)) throw error
      // Another project's containers, mostly.
      if (error.code === 'conflict') return onProgress({ id, status: 'Warning', text: 'Resource is still in use' })
      if (error.code !== 'not_found') {
        onProgress({ id, status: 'Error', text: 'Error', details: error.message })
        throw fromDaemon(error)
      }
    }
    onProgress({ id, status: 'Done', text: 'Removed' })
  },

  createNetwork({ body }, { docker, onProgress, onWarning }, signal) {
    return told(onProgress, `Network ${body.Name}`, 'Creating', 'Created', async () => {
      const { warning } = await docker.createNetwork({ ...body, abortSignal: signal })
      if (warning) onWarning(warning)
    })
  },

  async removeNetwork({ name, id: network }, { docker, onProgress }, signal) {
    const id = `Network ${name}`
    onProgress({ id, status: 'Working', text: 'Removing' })
    try {
      await docker.getNetwork(network).remove({ abortSignal: signal })
    } catch (error) {
      if (!(error instanceof ComposeError)) throw error
      if (/has active endpoints/.test(error.message))
        return onProgress({ id, status: 'Warning', text: 'Resource is still in use' })
      if (error.code !== 'not_found') {
        onProgress({ id, status: 'Error', text: 'Error', details: error.message })
        throw fromDaemon(error)
      }
    }
    onProgress({ id, status: 'Done', text: 'Removed' })
  },

  async connect({ network, body }, { docker }, signal) {
    await docker
      .getNetwork(network)
      .connect({ ...body, abortSignal: signal })
      .catch(throwFromDaemon)
  },

  async disconnect({ network, container }, { docker }, signal) {
    await docker
      .getNetwork(network)
      .disconnect({ Container: container.id ?? container.name, Force: true, abortSignal: signal })
      .catch(throwFromDaemon)
  },

  createVolume({ body }, { docker, onProgress }, signal) {
    return told(onProgress, `Volume ${body.Name}`, 'Creating', 'Created', () =>
      docker.createVolume({ ...body, abortSignal: signal }),
    )
  },

  async removeVolume({ name }, { docker, onProgress }, signal) {
    const id = `Volume ${name}`
    onProgress({ id, status: 'Working', text: 'Removing' })
    try {
      await docker.getVolume(name).remove({ abortSignal: signal })
    } catch (error) {
      if (!(error instanceof ComposeError)) throw error
      if (error.code === 'conflict') return onProgress({ id, status: 'Warning', text: 'Resource is still in use' })
      if (error.code !== 'not_found') throw fromDaemon(error)
    }
    onProgress({ id, status: 'Done', text: 'Removed' })
  },

  async createContainer({ draft }, context, signal) {
    const id = `Container ${draft.name}`
    context.onProgress({ id, status: 'Working', text: 'Creating' })
    await create(draft, draft.name, `service:${draft.service}:${draft.number}`, context, signal)
    context.onProgress({ id, status: 'Done', text: 'Created' })
  },

  /** The new one is made under a name of its own first: whatever makes that fail leaves the old one running. */
  async recreateContainer({ draft, old, timeout }, context, signal) {
    const { docker, onProgress } = context
    const id = `Container ${draft.name}`
    onProgress({ id, status: 'Working', text: 'Recreate' })
    const oldId = old.id ?? old.name
    const made = await create(draft, replacementName(oldId, draft.name), id, context, signal)
    try {
      await docker.getContainer(oldId).stop({ t: timeout, abortSignal: signal })
      await docker.getContainer(oldId).remove({ force: true, abortSignal: signal })
    } catch (error) {
      if (!(error instanceof ComposeError && error.code === 'not_found')) {
        await docker
          .getContainer(made)
          .remove({ force: true })
          .catch(() => {})
        throw fromDaemon(error)
      }
    }
    await docker.getContainer(made).rename({ name: draft.name }).catch(throwFromDaemon)
    onProgress({ id, status: 'Done', text: 'Recreated' })
  },

  async startContainer({ container, service, hooks }, context, signal) {
    const id = `Container ${container.name}`
    context.onProgress({ id, status: 'Working', text: 'Starting' })
    await context.onStarting?.(container)
    await context.docker
      .getContainer(container.id ?? container.name)
      .start({ abortSignal: signal })
      .catch(throwFromDaemon)
    for (const hook of hooks) await runHook(container, service, hook, context.docker, signal)
    context.onProgress({ id, status: 'Done', text: 'Started' })
  },

  async stopContainer({ container, service, timeout, hooks, idle }, { docker, onProgress }, signal) {
    const id = `Container ${container.name}`
    onProgress({ id, status: 'Working', text: 'Stopping' })
    if (!idle) {
      for (const hook of hooks) await runHook(container, service, hook, docker, signal)
      await tell(onProgress, id, 'Error while Stopping', () =>
        unlessGone(docker.getContainer(container.id ?? container.name).stop({ t: timeout, abortSignal: signal })),
      )
    }
    onProgress({ id, status: 'Done', text: 'Stopped' })
  },

  async restartContainer({ container, service, timeout, preStop, postStart }, { docker, onProgress }, signal) {
    const id = `Container ${container.name}`
    onProgress({ id, status: 'Working', text: 'Restarting' })
    for (const hook of preStop) await runHook(container, service, hook, docker, signal)
    await tell(onProgress, id, 'Error while Restarting', () =>
      docker.getContainer(container.id ?? container.name).restart({ t: timeout, abortSignal: signal }),
    )
    for (const hook of postStart) await runHook(container, service, hook, docker, signal)
    onProgress({ id, status: 'Done', text: 'Started' })
  },

  async killContainer({ container, signal: name }, { docker, onProgress }, signal) {
    const id = `Container ${container.name}`
    onProgress({ id, status: 'Working', text: 'Killing' })
    await tell(onProgress, id, 'Error while Killing', () =>
      docker.getContainer(container.id ?? container.name).kill({ signal: name, abortSignal: signal }),
    )
    onProgress({ id, status: 'Done', text: 'Killed' })
  },

  async pauseContainer({ container }, { docker, onProgress }, signal) {
    const id = `Container ${container.name}`
    await tell(onProgress, id, 'Error while Pausing', () =>
      docker.getContainer(container.id ?? container.name).pause({ abortSignal: signal }),
    )
    onProgress({ id, status: 'Done', text: 'Paused' })
  },

  async unpauseContainer({ container }, { docker, onProgress }, signal) {
    const id = `Container ${container.name}`
    await tell(onProgress, id, 'Error while Unpausing', () =>
      docker.getContainer(container.id ?? container.name).unpause({ abortSignal: signal }),
    )
    onProgress({ id, status: 'Done', text: 'Unpaused' })
  },

  async removeContainer({ container, volumes }, { docker, onProgress }, signal) {
    const id = `Container ${container.name}`
    onProgress({ id, status: 'Working', text: 'Removing' })
    await tell(onProgress, id, 'Error while Removing', () =>
      unlessGone(
        docker.getContainer(container.id ?? container.name).remove({ force: true, v: volumes, abortSignal: signal }),
      ),
    )
    onProgress({ id, status: 'Done', text: 'Removed' })
  },

  async renameContainer({ container, name }, { docker }, signal) {
    await docker
      .getContainer(container.id ?? container.name)
      .rename({ name, abortSignal: signal })
      .catch(throwFromDaemon)
  },

  async wait(operation, { conditions, onProgress, onWarning }, signal) {
    const { container, service, condition, required, purpose } = operation
    const id = `Container ${container.name}`
    onProgress({ id, status: 'Working', text: 'Waiting' })
    try {
      onProgress({
        id,
        status: 'Done',
        text: await conditions.until(container.id ?? container.name, operation, signal),
      })
    } catch (error) {
      if (signal.aborted || !(error instanceof ComposeError)) throw error
      if (!required) {
        const text = `optional dependency ${error.message.replace(/^service |^dependency failed to start: /, '')}`
        onProgress({ id, status: 'Warning', text: `Skipped: ${text}` })
        return onWarning(text)
      }
      if (purpose === 'dependency') {
        const details = condition === 'service_healthy' ? `dependency ${service} failed to start` : error.message
        onProgress({ id, status: 'Error', text: 'Error', details })
      }
      throw error
    }
  },

  async report({ id, text }, { onProgress }) {
    onProgress({ id, status: 'Done', text })
  },

  async gate() {},
} satisfies Handlers

/** A container that can't get its files is removed again: half of it is of no use to anyone. */
async function create(
  draft: ContainerDraft,
  name: string,
  id: string,
  context: OperationContext,
  signal: AbortSignal,
): Promise<string> {
  const image = context.images[draft.image]?.id
  const Labels = image ? { ...draft.body.Labels, [labels.image]: image } : draft.body.Labels
  try {
    const container = await context.docker.createContainer({
      ...withSecurityProfiles(draft.body),
      Labels,
      name,
      platform: draft.platform,
      abortSignal: signal,
    })
    for (const warning of container.warnings ?? []) context.onWarning(warning)
    if (draft.files.length > 0) {
      const written = container.putArchive(writeTar(draft.files), { path: '/', abortSignal: signal })
      await written.catch(async error => {
        await container.remove({ force: true, v: true }).catch(() => {})
        throw error
      })
    }
    return container.id
  } catch (error) {
    if (signal.aborted) throw error
    const failure = fromDaemon(error)
    context.onProgress({ id, status: 'Error', text: failure.message })
    throw failure
  }
}

/** Hooks run one after the other; one that fails fails its operation. */
async function runHook(
  container: ContainerRef,
  service: string,
  hook: Hook,
  docker: Docker,
  signal: AbortSignal,
): Promise<void> {
  const exec = await docker.getContainer(container.id ?? container.name).exec({
    Cmd: hook.command ?? [],
    User: hook.user,
    Privileged: hook.privileged,
    WorkingDir: hook.workingDir,
    Env: Object.entries(hook.environment).map(([key, value]) => (value === null ? key : `${key}=${value}`)),
    AttachStdout: true,
    AttachStderr: true,
    abortSignal: signal,
  })
  const stream = await exec.start({ abortSignal: signal })
  let said = ''
  for await (const { data } of frames(stream)) said = `${said}${data}`.slice(-2000)
  const { ExitCode } = await exec.inspect({ abortSignal: signal })
  if (ExitCode)
    throw new ComposeError('failed_precondition', `${service} hook exited with status ${ExitCode}: ${said.trim()}`)
}

function layerEvent(
  parentId: string,
  id: string,
  text: string,
  detail: { current?: number; total?: number } | undefined,
): ProgressEvent {
  const done = /^(Pull complete|Already exists)/.test(text)
  return {
    id,
    parentId,
    status: done ? 'Done' : 'Working',
    text,
    ...(detail?.current === undefined ? {} : { current: detail.current }),
    ...(detail?.total === undefined ? {} : { total: detail.total }),
  }
}

async function told(
  onProgress: OnProgress,
  id: string,
  before: string,
  after: string,
  act: () => Promise<unknown>,
): Promise<void> {
  onProgress({ id, status: 'Working', text: before })
  await tell(onProgress, id, `Error while ${before}`, act)
  onProgress({ id, status: 'Done', text: after })
}

async function tell(onProgress: OnProgress, id: string, details: string, act: () => Promise<unknown>): Promise<void> {
  try {
    await act()
  } catch (error) {
    if (error instanceof ComposeError && error.code === 'canceled') throw error
    onProgress({ id, status: 'Error', text: 'Error', details })
    throw fromDaemon(error)
  }
}

/** What somebody else removed meanwhile is as it was to be. */
async function unlessGone(act: Promise<unknown>): Promise<void> {
  try {
    await act
  } catch (error) {
    if (!(error instanceof ComposeError && error.code === 'not_found')) throw error
  }
}

/** The words with which Docker's tools mark what the engine said. */
function fromDaemon(error: unknown): ComposeError {
  if (!(error instanceof ComposeError)) throw error
  if (error.code === 'canceled' || error.message.startsWith('Error response from daemon: ')) return error
  if (error.cause !== undefined && error.code === 'unavailable') return error
  return new ComposeError(error.code, `Error response from daemon: ${error.message}`, {
    cause: error,
    hint: error.hint,
  })
}

function throwFromDaemon(error: unknown): never {
  throw fromDaemon(error)
}
