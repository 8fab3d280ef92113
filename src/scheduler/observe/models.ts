// What docker's plugin for AI models says: which models are there, and under which address they answer.
import { execFile } from 'node:child_process'
import type { Project } from '../../model/project/project.ts'
import { ComposeError, messageOf } from '../../shared/errors.ts'

export interface ObservedModels {
  /** The path of docker-model. */
  program: string
  env: Record<string, string>
  /** Undefined: it does not say. */
  version: string | undefined
  /** Tags of models that need no pull. */
  available: string[]
  endpoint: string
}

/** Milliseconds that a question may take. */
const patience = 60_000

export async function observeModels(
  program: string,
  { environment: env }: Project,
  abortSignal?: AbortSignal,
): Promise<ObservedModels> {
  const ask = (...args: string[]) =>
    new Promise<unknown>((resolve, reject) => {
      const options = { env, timeout: patience, signal: abortSignal }
      execFile(program, args, options, (error, stdout, stderr) => {
        try {
          if (error) throw error
          resolve(JSON.parse(stdout))
        } catch (cause) {
          const hint = stderr.trim() || undefined
          const text = `docker model ${args[0]} failed: ${messageOf(cause).split('\n')[0]}`
          reject(abortSignal?.aborted ? cause : new ComposeError('unknown', text, { hint, cause }))
        }
      })
    })
  // All three are the plugin's own words; what is missing in them is met below.
  const [metadata, list, status] = (await Promise.all([
    ask('docker-cli-plugin-metadata').catch(() => ({})),
    ask('ls', '--json'),
    ask('status', '--json'),
  ])) as [{ Version?: string }, { tags?: string[] | null }[] | null, { endpoint?: string }]
  const available = (list ?? []).flatMap(({ tags }) => tags ?? [])
  return { program, env, version: metadata.Version, available, endpoint: status.endpoint ?? '' }
}
