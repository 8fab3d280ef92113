// Services whose provider is a program of this machine: found for commands that start, stop or take down a project.
import type { Project } from '../model/project/project.ts'
import { hasProviders, type ObservedProviders, observeProviders } from '../scheduler/observe/providers.ts'
import type { ProviderRun } from '../scheduler/plan/plan.ts'
import { providerRun } from '../scheduler/plan/plan-providers.ts'

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
