// Services whose provider is a program of this machine: found for commands that start, stop or take down a project.
import type { Docker } from '../docker/client/docker.ts'
import type { Project } from '../model/project/project.ts'
import { type Given, withGiven } from '../scheduler/border/given-variables.ts'
import { observe } from '../scheduler/observe/observe.ts'
import { hasProviders, type ObservedProviders, observeProviders } from '../scheduler/observe/providers.ts'
import type { ProviderRun } from '../scheduler/plan/plan.ts'
import { planPreparation, providerRun } from '../scheduler/plan/plan-providers.ts'
import { imagesOf, type UpOptions } from '../scheduler/plan/plan-up.ts'
import { type ComposeCommand, warn } from './command.ts'
import { perform } from './perform.ts'

export interface Prepared {
  project: Project
  options: UpOptions
  /** Those that are still to be run: with --dry-run. */
  providers?: ObservedProviders
}

/** What providers make is made, after the images are there; the project's services know what they were given. */
export async function prepare(
  command: ComposeCommand,
  docker: Docker,
  project: Project,
  options: UpOptions,
  signal: AbortSignal,
): Promise<Prepared> {
  const providers = await providersOf(project, signal)
  if (!providers) return { project, options }
  if (command.globals.dryRun) return { project, options, providers }
  const images = imagesOf(project)
  const observed = await observe(docker, { projectName: project.name, images, abortSignal: signal })
  const planned = planPreparation(project, { ...observed, providers }, options)
  const given: Given = {}
  await perform({ command, docker, projectName: project.name, observed, planned, signal, given })
  // Whatever was to be pulled is there now.
  return { project: withGiven(project, given, warn), options: { ...options, pull: 'never' } }
}

/** Undefined where no service has one. */
export async function providersOf(
  project: Project | undefined,
  signal?: AbortSignal,
): Promise<ObservedProviders | undefined> {
  if (!project || !hasProviders(project)) return undefined
  const { findProvider } = await import('./plugins.ts')
  return observeProviders(project, type => findProvider(type, project.environment), signal)
}

/** For planStop: how the provider of a service is stopped, if it can be. */
export async function providerStops(
  project: Project | undefined,
  signal?: AbortSignal,
): Promise<(service: string) => ProviderRun | undefined> {
  const providers = await providersOf(project, signal)
  return name => {
    const service = project?.services[name]
    return project && service && providers && providerRun(project, service, providers, 'stop')
  }
}
