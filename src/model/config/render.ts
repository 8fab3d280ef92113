// `config`: what the files mean, as YAML or JSON, or one aspect of it as a list.
import { writeFileSync } from 'node:fs'
import { posix } from 'node:path'
import { ComposeError, isErrno } from '../../shared/errors.ts'
import type { Tree } from '../../shared/yaml/tree.ts'
import { describeError } from '../../ui/describe-error.ts'
import { warningLine } from '../../ui/warning-line.ts'
import { checkContainerNames } from '../checks/consistency.ts'
import type { Part } from '../files/context.ts'
import { type LoadOptions, loadFiles, loadProject } from '../load/load.ts'
import { imagesOnly, imagesOnlyOfModel, pinImages } from './images.ts'
import { writeJson } from './json.ts'
import { listHashes, listing } from './listing.ts'
import type { ConfigOptions } from './options.ts'
import { projectJson, projectYaml } from './project.ts'
import { listVariables } from './variables.ts'
import { writeYaml } from './yaml.ts'

export interface Rendered {
  stdout: string
  stderr: string
  exit: number
}

/** Everything `docker compose config` does but for parsing its arguments. Never throws. */
export async function renderConfig(options: ConfigOptions): Promise<Rendered> {
  const warnings: string[] = []
  const stderr = () => warnings.map(warningLine).join('')
  try {
    const stdout = await render(options, warnings)
    return { stdout, stderr: stderr(), exit: 0 }
  } catch (error) {
    return { stdout: '', stderr: stderr() + describeError(error), exit: 1 }
  }
}

async function render(options: ConfigOptions, warnings: string[]): Promise<string> {
  const { list, hash } = options
  const beforeHash = list === 'services' || list === 'volumes' || list === 'networks' || list === 'models'
  if (hash !== undefined && hash !== '' && !beforeHash) return listHashes(options, loadOptions(options), warnings)
  if (list === 'variables') return listVariables(options, loadOptions(options), warnings)
  if (list !== undefined) return listing(list, options, loadOptions(options), warnings)
  const content = await renderModel(options, warnings)
  if (options.quiet) return ''
  if (!options.output || content === '') return content
  writeOutput(options, options.output, content)
  return ''
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

function writeOutput({ cwd, write = writeFile }: ConfigOptions, path: string, content: string): void {
  try {
    write(posix.resolve(cwd, path), content)
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error
    throw new ComposeError('failed_precondition', `open ${path}: no such file or directory`, { path, cause: error })
  }
}

function writeFile(path: string, content: string): void {
  writeFileSync(path, content)
}
