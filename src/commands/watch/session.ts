// Watching a project's files: each batch of changes is copied, and restarts or runs what its triggers say, once.
import type { ComposeCommand } from '../../cli/command.ts'
import { perform } from '../../cli/perform.ts'
import { warn } from '../../cli/warn.ts'
import type { Docker } from '../../docker/client/docker.ts'
import type { Project } from '../../model/project/project.ts'
import { runHook } from '../../scheduler/execute/hooks.ts'
import { graphOf } from '../../scheduler/observe/graph.ts'
import { observe } from '../../scheduler/observe/observe.ts'
import { planRestart } from '../../scheduler/plan/plan-verbs.ts'
import { messageOf } from '../../shared/errors.ts'
import { watchChanges } from './changes.ts'
import { differences } from './differences.ts'
import { rebuild } from './rebuild.ts'
import { type WatchRule, watchRules } from './rules.ts'
import { createSyncer } from './sync.ts'
import type { SyncEntry } from './sync-archive.ts'

export interface WatchSession {
  command: ComposeCommand
  docker: Docker
  project: Project
  signal: AbortSignal
  /** What a build writes is not shown. */
  quiet: boolean
  /** Images that a rebuild leaves without a name go. */
  prune: boolean
  /** A line for whoever looks on. */
  say(line: string): void
}

/** Until the signal is aborted. */
export async function watchSession(session: WatchSession): Promise<void> {
  const { command, docker, project, signal, say } = session
  const rules = watchRules(project)
  const syncer = createSyncer(docker, project.name, signal)
  // Nothing that changes from now on is missed.
  const changes = await watchChanges(rules, signal)
  for (const rule of rules) await catchUp(rule)
  say('Watch enabled')
  for await (const batch of changes.batches()) {
    try {
      await apply(batch)
    } catch (error) {
      if (signal.aborted) return
      // The next save may mend it.
      warn(`watch: ${messageOf(error)}`)
    }
  }

  /** What was changed while nobody watched. */
  async function catchUp(rule: WatchRule): Promise<void> {
    const late = new Map<string, SyncEntry>()
    for (const { id } of await syncer.containersOf(rule.service)) {
      const { Created } = await docker.getContainer(id).inspect({ abortSignal: signal })
      for (const entry of await differences(docker, { id, made: Date.parse(Created ?? '') }, rule, signal))
        late.set(entry.target, entry)
    }
    if (late.size > 0) await act(rule.service, [rule], [...late.values()])
  }

  async function apply(batch: ReadonlySet<string>): Promise<void> {
    for (const service of new Set(rules.map(rule => rule.service))) {
      const concerned = rules.filter(
        rule => rule.service === service && [...batch].some(path => rule.covers(path, false)),
      )
      if (concerned.length === 0) continue
      // What is built anew needs nothing of what was there.
      if (concerned.some(({ trigger }) => trigger.action === 'rebuild')) {
        await rebuild({ ...session, service })
        continue
      }
      const entries = new Map<string, SyncEntry>()
      for (const path of batch)
        for (const rule of concerned) {
          const target = rule.covers(path, false) ? rule.targetOf(path) : undefined
          if (target !== undefined) entries.set(target, { path, target })
        }
      await act(service, concerned, [...entries.values()])
    }
  }

  async function act(service: string, concerned: readonly WatchRule[], entries: readonly SyncEntry[]): Promise<void> {
    const containers = await syncer.containersOf(service)
    if (entries.length > 0) {
      say(`Syncing service ${JSON.stringify(service)} after ${entries.length} changes were detected`)
      await syncer.sync(containers, entries)
    }
    for (const { trigger } of concerned) {
      if (trigger.action !== 'sync+exec' || !trigger.exec) continue
      for (const container of containers) await runHook(container, service, trigger.exec, docker, signal)
    }
    if (!concerned.some(({ trigger }) => trigger.action === 'restart' || trigger.action === 'sync+restart')) return
    await command.inTurn(project.name, signal, async own => {
      const observed = await observe(docker, { projectName: project.name, abortSignal: own })
      const planned = planRestart(observed.containers, {
        graph: graphOf(project.services),
        services: [service],
        noDependents: true,
        hooksOf: (name, kind) => project.services[name]?.[kind] ?? [],
      })
      await perform({ command, docker, projectName: project.name, observed, planned, signal: own, plain: true })
    })
    say(`service(s) [${JSON.stringify(service)}] restarted`)
  }
}
