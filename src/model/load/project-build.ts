// The last steps of loading: the finished model becomes a Project, profiles choose its services, references
// are checked, and the files that services name are read.

import type { Tree } from '../../shared/yaml/tree.ts'
import { checkConsistency } from '../checks/consistency.ts'
import type { LoadContext } from '../files/context.ts'
import type { Project } from '../project/project.ts'
import { enableServices, keepUsedResources, selectServices, withProfiles } from '../project/select.ts'
import { decodeProject } from './project-decode.ts'
import { resolveServiceFiles } from './service-files.ts'

export interface BuildInput {
  name: string
  separator: Project['separator']
  composeFiles: string[]
  envFiles: string[]
  workingDir: string
  profiles: string[]
  /** Services that the command names. */
  services: readonly string[]
  allResources: boolean
  /** Undefined: of all. */
  envFilesOf: readonly string[] | undefined
}

export function buildProject(model: Tree, input: BuildInput, context: LoadContext, warnings: string[]): Project {
  const { name, separator, composeFiles, envFiles, workingDir } = input
  let project = decodeProject(model, { name, separator, composeFiles, envFiles, workingDir, warnings }, context)
  project = withProfiles(project, input.profiles)
  if (!context.skip.has('consistency')) checkConsistency(project)
  project = enableServices(project, input.services)
  project = selectServices(project, input.services)
  if (!input.allResources) project = keepUsedResources(project)
  resolveServiceFiles(project, context, input.envFilesOf)
  return project
}
