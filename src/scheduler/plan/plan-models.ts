// AI models: pulled when they are missing, and configured, before a container that uses them is made.
import type { Model } from '../../model/attributes/shapes/resources.ts'
import type { Project } from '../../model/project/project.ts'
import type { ObservedModels } from '../observe/models.ts'
import type { PlanBuilder } from './plan.ts'

/** The nodes after which all models are ready. */
export function planModels(
  project: Project,
  observed: ObservedModels | undefined,
  builder: PlanBuilder,
  { quietPull }: { quietPull: boolean },
): number[] {
  if (!observed) return []
  const { program, env } = observed
  return Object.entries(project.models).map(([key, model]) => {
    const name = model.name || key
    const tool = { type: 'runModelTool', name, program, env, quiet: quietPull } as const
    const pull = observed.available.includes(model.model)
      ? undefined
      : builder.add({ ...tool, step: 'pull', args: ['pull', model.model] }, 'model is missing')
    return builder.add({ ...tool, step: 'configure', args: configureWords(model, observed) }, 'services use it', [pull])
  })
}

function configureWords({ model, contextSize = 0, runtimeFlags }: Model, { version }: ObservedModels): string[] {
  const size = contextSize > 0 ? ['--context-size', String(contextSize)] : []
  const flags = runtimeFlags.length > 0 && takesFlags(version) ? ['--', ...runtimeFlags] : []
  return ['configure', ...size, model, ...flags]
}

/** Since 1.0.6; one that has no version does not. */
export function takesFlags(version: string | undefined): boolean {
  const [, major = 0, minor = 0, patch = 0] = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(version ?? '') ?? []
  const [a, b, c] = [Number(major), Number(minor), Number(patch)]
  return a > 1 || (a === 1 && (b > 0 || c >= 6))
}
