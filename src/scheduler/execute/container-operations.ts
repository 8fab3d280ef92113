// Containers, from creation to removal.
import { ComposeError, messageOf } from '../../shared/errors.ts'
import { writeTar } from '../../shared/tar/write.ts'
import type { ContainerDraft, ContainerRef } from '../border/draft.ts'
import { withStartInterval } from '../border/early-probes.ts'
import { heldLabel } from '../border/held-files.ts'
import { withSecurityProfiles } from '../border/security-profiles.ts'
import { streamLines } from '../follow/log-streams.ts'
import { fileDigest } from '../observe/file-digest.ts'
import { labels } from '../observe/labels.ts'
import { replacementName } from '../plan/plan-interrupted.ts'
import type { Handlers, OperationContext } from './handlers.ts'
import { runHook } from './hooks.ts'
import { fromDaemon, tell, throwFromDaemon, unlessGone } from './told.ts'

export const containerHandlers = {
  async createContainer({ draft }, context, signal) {
    const id = `Container ${draft.name}`
    context.onProgress({ id, status: 'Working', text: 'Creating' })
    // So does Docker Compose call it in this one event.
    const failing = draft.number > 0 ? `service:${draft.service}:${draft.number}` : id
    await create(draft, draft.name, failing, context, signal)
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
      await stop(context, { ...old, id: oldId }, draft.service, timeout, signal)
      await handOnLog(context, oldId, made, signal)
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

  /** Whatever keeps the new one from being ready leaves the old one as it was. */
  async exchangeContainer({ draft, old, timeout, postStart, preStop }, context, signal) {
    const { docker, onProgress, conditions } = context
    const { name, service } = draft
    const id = `Container ${name}`
    const oldId = old.id ?? old.name
    onProgress({ id, status: 'Working', text: 'Recreate' })
    const made = { name, id: await create(draft, replacementName(oldId, name), id, context, signal) }
    const container = docker.getContainer(made.id)
    try {
      onProgress({ id, status: 'Working', text: 'Starting' })
      await context.onStarting?.(made, service)
      await container.start({ abortSignal: signal }).catch(throwFromDaemon)
      for (const hook of postStart) await runHook(made, service, hook, docker, signal)
      onProgress({ id, status: 'Working', text: 'Waiting' })
      await conditions.until(made.id, { condition: 'service_started', service, purpose: 'ready' }, signal)
    } catch (error) {
      // Without its volumes: they are the old one's too.
      await container.remove({ force: true }).catch(() => {})
      if (!signal.aborted) onProgress({ id, status: 'Error', text: 'Error', details: 'the old one stays' })
      throw error
    }
    for (const hook of preStop) await runHook(old, service, hook, docker, signal)
    await unlessGone(stop(context, { ...old, id: oldId }, service, timeout, signal))
    await unlessGone(handOnLog(context, oldId, made.id, signal))
    await unlessGone(docker.getContainer(oldId).remove({ force: true, abortSignal: signal }))
    await container.rename({ name }).catch(throwFromDaemon)
    onProgress({ id, status: 'Done', text: 'Recreated' })
  },

  async runStep({ draft, index }, context, signal) {
    const { docker, onStepLine } = context
    const container = docker.getContainer(draft.name)
    const remove = () => unlessGone(container.remove({ force: true, v: true }))
    // Of an earlier try.
    await remove()
    const id = await create(draft, draft.name, `Container ${draft.name}`, context, signal)
    const waiting = new AbortController()
    try {
      const { promise: registered, resolve } = Promise.withResolvers<void>()
      const abortSignal = AbortSignal.any([signal, waiting.signal])
      const ended = container.wait({ condition: 'next-exit', abortSignal, registered: resolve })
      ended.catch(() => {})
      await Promise.race([registered, ended])
      await container.start({ abortSignal: signal }).catch(throwFromDaemon)
      if (onStepLine)
        await streamLines(docker, id, { follow: true, abortSignal: signal }, (line, stream) =>
          onStepLine(draft.name, line, stream),
        )
      const { StatusCode } = await ended
      if (StatusCode !== 0)
        throw new ComposeError(
          'failed_precondition',
          `service "${draft.service}" pre_start[${index}] exited with code ${StatusCode} (hook container ${id} retained for inspection)`,
        )
    } catch (error) {
      if (signal.aborted) await remove()
      throw error
    } finally {
      waiting.abort()
    }
    await remove()
  },

  async startContainer({ container, service, hooks }, context, signal) {
    const id = `Container ${container.name}`
    context.onProgress({ id, status: 'Working', text: 'Starting' })
    await context.onStarting?.(container, service)
    await context.docker
      .getContainer(container.id ?? container.name)
      .start({ abortSignal: signal })
      .catch(throwFromDaemon)
    for (const hook of hooks) await runHook(container, service, hook, context.docker, signal)
    context.onProgress({ id, status: 'Done', text: 'Started' })
  },

  async stopContainer({ container, service, timeout, hooks, idle }, context, signal) {
    const { docker, onProgress } = context
    const id = `Container ${container.name}`
    onProgress({ id, status: 'Working', text: 'Stopping' })
    if (!idle) {
      for (const hook of hooks) await runHook(container, service, hook, docker, signal)
      await tell(onProgress, id, 'Error while Stopping', () =>
        unlessGone(stop(context, container, service, timeout, signal)),
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
    await docker
      .getContainer(container.id ?? container.name)
      .pause({ abortSignal: signal })
      .catch(throwFromDaemon)
    onProgress({ id, status: 'Done', text: 'Paused' })
  },

  async unpauseContainer({ container }, { docker, onProgress }, signal) {
    const id = `Container ${container.name}`
    await docker
      .getContainer(container.id ?? container.name)
      .unpause({ abortSignal: signal })
      .catch(throwFromDaemon)
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
} satisfies Partial<Handlers>

/** Tells of one that sat out its grace period for nothing. */
async function stop(
  { docker, onWarning }: OperationContext,
  { id, name }: ContainerRef,
  service: string,
  t: number | undefined,
  abortSignal: AbortSignal,
): Promise<void> {
  const { unheeded } = await docker.getContainer(id ?? name).stop({ t, abortSignal })
  if (unheeded === undefined) return
  onWarning(
    `${name} has no handler for ${unheeded}, so it was killed when its grace period was over: "init: true" in services.${service} ends such programs at once`,
  )
}

/** A container that can't get its files is removed again: half of it is of no use to anyone. */
async function create(
  draft: ContainerDraft,
  name: string,
  id: string,
  context: OperationContext,
  signal: AbortSignal,
): Promise<string> {
  const image = context.images[draft.image]?.id
  const held = heldLabel(draft.held, fileDigest)
  const Labels = {
    ...draft.body.Labels,
    ...(image ? { [labels.image]: image } : {}),
    ...(held ? { [labels.files]: held } : {}),
  }
  try {
    const container = await context.docker.createContainer({
      ...withSecurityProfiles(draft.body),
      // Our engine needs no help with it.
      ...(draft.body.Healthcheck && !context.docker.hasExtension('status')
        ? { Healthcheck: withStartInterval(draft.body) }
        : {}),
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

/** So that what it wrote can still be read. That is no reason to keep the old one. */
async function handOnLog(
  { docker, onWarning }: OperationContext,
  from: string,
  to: string,
  signal: AbortSignal,
): Promise<void> {
  if (!docker.hasExtension('logHistory')) return
  try {
    await docker.extension('logHistory', { body: { From: from, To: to }, abortSignal: signal })
  } catch (error) {
    if (signal.aborted || (error instanceof ComposeError && error.code === 'not_found')) throw error
    onWarning(`what the old container wrote can't be read any more: ${messageOf(error)}`)
  }
}
