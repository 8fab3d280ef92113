// `config`: what the files mean, as YAML or JSON, or one aspect of it as a list.

import { checkContainerNames } from '../../model/checks/consistency.ts'
import { writeJson } from '../../model/config/json.ts'
import { projectJson, projectYaml } from '../../model/config/project.ts'
import { writeYaml } from '../../model/config/yaml.ts'
import type { Part } from '../../model/files/context.ts'
import { type LoadOptions, loadFiles, loadProject } from '../../model/load/load.ts'
import { ComposeError } from '../../shared/errors.ts'
import type { Tree } from '../../shared/yaml/tree.ts'
import { imagesOnly, imagesOnlyOfModel, pinImages } from './images.ts'
import { listHashes, listing } from './listing.ts'
import type { ConfigOptions } from './options.ts'
import { listVariables } from './variables.ts'

export interface Rendered {
  text: string
  /** A model goes where `--output` says, and nowhere with `--quiet`; a list is always printed. */
  isModel: boolean
}

/** What `docker compose config` prints. Warnings are added as they are met, those before an error too. */
export async function renderConfig(options: ConfigOptions, warnings: string[]): Promise<Rendered> {
  const { list, hash } = options
  const beforeHash = list === 'services' || list === 'volumes' || list === 'networks' || list === 'models'
  const printed = (text: string) => ({ text, isModel: false })
  if (hash !== undefined && hash !== '' && !beforeHash)
    return printed(await listHashes(options, loadOptions(options), warnings))
  if (list === 'variables') return printed(await listVariables(options, loadOptions(options), warnings))
  if (list !== undefined) return printed(await listing(list, options, loadOptions(options), warnings))
  return { text: await renderModel(options, warnings), isModel: true }
}

async function renderModel(options: ConfigOptions, warnings: string[]): Promise<string> {
  const { format = 'yaml' } = options
  if (options.noInterpolate) {
    if (options.services && options.services.length > 0)
      warnings.push('service filtering is not applied when --no-interpolate is set, the full model will be rendered')
    const loaded = await loadFiles(loadOptions(options))
    warnings.push(...loaded.warnings)
    if (pinning(options)) await pinImages(loaded.model, digests(options))
    if (options.lockImageDigests) imagesOnlyOfModel(loaded.model)
    return writeModel(loaded.model, checkedFormat(format))
  }
  let project = await loadProject(loadOptions(options))
  warnings.push(...project.warnings)
  if (pinning(options)) await pinImages(project, digests(options))
  if (!options.noConsistency) checkContainerNames(project)
  if (options.lockImageDigests) project = imagesOnly(project)
  const text = checkedFormat(format) === 'json' ? projectJson(project) : projectYaml(project)
  return text.replaceAll('$', '$$$$')
}

function pinning(options: ConfigOptions): boolean {
  return options.resolveImageDigests === true || options.lockImageDigests === true
}

function digests({ digestOf }: ConfigOptions): (image: string) => Promise<string> {
  if (digestOf !== undefined) return digestOf
  throw new ComposeError('not_implemented', 'image digests need a registry, and none can be asked here')
}

function checkedFormat(format: string): 'yaml' | 'json' {
  if (format === 'yaml' || format === 'json') return format
  throw new ComposeError('invalid_argument', `unsupported format ${JSON.stringify(format)}`, {
    hint: 'Formats are yaml and json.',
  })
}

/** The flags that leave out parts of loading. */
export function loadOptions(options: ConfigOptions): LoadOptions {
  const skip: Part[] = [...(options.skip ?? [])]
  if (options.noInterpolate) skip.push('interpolate')
  if (options.noNormalize || options.compatibility) skip.push('normalize')
  if (options.noConsistency) skip.push('consistency')
  if (options.noPathResolution) skip.push('paths')
  if (options.noEnvResolution) skip.push('environment')
  return { ...options, skip }
}

function writeModel(model: Tree, format: 'yaml' | 'json'): string {
  return format === 'yaml' ? writeYaml(model) : writeJson(model, '  ')
}
