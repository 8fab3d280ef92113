// The end of an attached up: its containers are stopped in order; a Ctrl-C meanwhile kills them.
import type { ComposeCommand } from '../../cli/command.ts'
import { interruptible, perform } from '../../cli/perform.ts'
import { providerStops } from '../../cli/providers.ts'
import type { Docker } from '../../docker/client/docker.ts'
import type { Project } from '../../model/project/project.ts'
import { graphOf } from '../../scheduler/observe/graph.ts'
import { type Observed, observe } from '../../scheduler/observe/observe.ts'
import type { Planned } from '../../scheduler/plan/plan.ts'
import { planKill, planStop } from '../../scheduler/plan/plan-verbs.ts'
import { plainLine } from '../../ui/progress.ts'

export interface StopAll {
  command: ComposeCommand
  docker: Docker
  project: Project
  options: { timeout: number | undefined }
  /** Gives the signals back that `up` has listened to. */
  releaseSignals(): void
}

const stopping = (why: string) =>
  plainLine({ id: 'Compose', status: 'Working', text: 'Stopping', details: why }).replace(/ ?\n$/, '\n')

/** Returns the exit code. `lastWords`: shows what the containers wrote at their end. */
export async function stopAfterInterrupt(up: StopAll, lastWords?: () => Promise<void>): Promise<number> {
  up.releaseSignals()
  await stopAll(up, 'Gracefully Stopping... press Ctrl+C again to force')
  await lastWords?.()
  process.stderr.write('\n')
  return 130
}

export async function stopAll(up: StopAll, why: string): Promise<void> {
  const { command, docker, project } = up
  const { signal, dispose } = interruptible()
  if (command.globals.progress !== 'quiet') process.stderr.write(process.stderr.isTTY ? `${why}\n` : stopping(why))
  const act = async (plan: (observed: Observed) => Planned, abortSignal?: AbortSignal) => {
    const observed = await observe(docker, { projectName: project.name })
    const services = Object.keys(project.services)
    const own = {
      ...observed,
      containers: observed.containers.filter(({ service, oneOff }) => services.includes(service) && !oneOff),
    }
    await perform({
      command,
      docker,
      projectName: project.name,
      observed: own,
      planned: plan(own),
      signal: abortSignal,
      plain: true,
    })
  }
  const graph = graphOf(project.services)
  const hooksOf = (name: string, kind: 'postStart' | 'preStop') => project.services[name]?.[kind] ?? []
  try {
    const providerStop = await providerStops(project, signal)
    const options = { graph, services: [], timeout: up.options.timeout, hooksOf, providerStop }
    await act(({ containers }) => planStop(containers, options), signal)
  } catch (error) {
    if (!signal.aborted) throw error
    await act(({ containers }) => planKill(containers, 'SIGKILL'))
  } finally {
    dispose()
  }
}
