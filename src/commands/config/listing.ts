// The listing flags of `config`: one name, image or variable a line.

import { serviceHash } from '../../model/config/hash.ts'
import { type LoadOptions, loadFiles, loadProject } from '../../model/load/load.ts'
import { withDefaultPlatform } from '../../model/project/platform.ts'
import type { Project } from '../../model/project/project.ts'
import { inDependencyOrder, selectServices } from '../../model/project/select.ts'
import { isTree } from '../../shared/yaml/tree.ts'
import { imagesOf } from './images.ts'
import type { ConfigOptions, Listing } from './options.ts'

/** Services, volumes, networks and models are listed whole; SERVICE arguments count for the others. */
export async function listing(
  list: Exclude<Listing, 'variables'>,
  options: ConfigOptions,
  load: LoadOptions,
  warnings: string[],
): Promise<string> {
  if (list === 'services' && options.noInterpolate) {
    const { model, warnings: more } = await loadFiles({ ...load, services: [] })
    warnings.push(...more)
    return lines(isTree(model.services) ? Object.keys(model.services).sort() : [])
  }
  const named = list === 'profiles' || list === 'images' || list === 'environment'
  const skip = named ? load.skip : [...(load.skip ?? []), 'environment' as const]
  const project = await loadProject({ ...load, skip, services: named ? load.services : [] })
  warnings.push(...project.warnings)
  return lines(entriesOf(list, project))
}

function entriesOf(list: Exclude<Listing, 'variables'>, project: Project): string[] {
  switch (list) {
    case 'services':
      return inDependencyOrder(project)
    case 'volumes':
      return Object.keys(project.volumes).sort()
    case 'networks':
      return Object.keys(project.networks).sort()
    case 'models':
      return Object.values(project.models)
        .map(({ model }) => model)
        .filter(Boolean)
        .sort()
    case 'profiles': {
      const services = [...Object.values(project.services), ...Object.values(project.disabledServices)]
      return [...new Set(services.flatMap(({ profiles }) => profiles))].sort()
    }
    case 'images': {
      return Object.values(project.services).flatMap(service => imagesOf(service, project.name, project.separator))
    }
    case 'environment':
      return Object.entries(project.environment)
        .map(([name, value]) => `${name}=${value}`)
        .sort()
  }
}

/** `--hash`: of all services, or of those named with commas. */
export async function listHashes(options: ConfigOptions, load: LoadOptions, warnings: string[]): Promise<string> {
  const names = options.hash === '*' ? [] : (options.hash ?? '').split(',')
  const skip = load.skip ?? []
  // Env files of other services need not exist.
  const whole = await loadProject({ ...load, services: [], skip: [...skip, 'environment'] })
  selectServices(whole, names, { dependencies: 'ignore' })
  const project = skip.includes('environment')
    ? whole
    : await loadProject({ ...load, services: [], envFilesOf: names.length > 0 ? names : undefined })
  warnings.push(...project.warnings)
  const services = Object.values(selectServices(project, names, { dependencies: 'ignore' }).services)
  return lines(
    services
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(service => `${service.name} ${serviceHash(withDefaultPlatform(service, project.environment))}`),
  )
}

function lines(entries: readonly string[]): string {
  return entries.map(entry => `${entry}\n`).join('')
}
