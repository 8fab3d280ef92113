// The programs behind services with a provider: where each is, and what it says of itself. Asking changes nothing.
import { execFile } from 'node:child_process'
import type { Project } from '../../model/project/project.ts'

/** What a program's `compose metadata` prints; one that prints nothing is given every option. */
export interface ProviderMetadata {
  description?: string
  up?: CommandMetadata
  down?: CommandMetadata
  /** Absent: the program knows no `compose stop`. */
  stop?: CommandMetadata
}

export interface CommandMetadata {
  parameters?: { name: string; required?: boolean }[]
}

export type ObservedProvider =
  | { program: string; metadata: ProviderMetadata | undefined }
  /** Why there is no program to run. */
  | { problem: string }

/** By the name of the service. */
export type ObservedProviders = Readonly<Record<string, ObservedProvider>>

/** The path of the program of this type; throws where there is none. */
export type FindProvider = (type: string) => string

/** Metadata are a sentence or two: a program that takes longer has none. */
const patience = 10_000

export const hasProviders = ({ services }: Project): boolean =>
  Object.values(services).some(({ provider }) => provider !== undefined)

export async function observeProviders(
  project: Project,
  find: FindProvider,
  abortSignal?: AbortSignal,
): Promise<ObservedProviders> {
  const byType = new Map<string, Promise<ObservedProvider>>()
  const observed = Object.values(project.services).map(async ({ name, provider }) => {
    if (!provider) return []
    const known = byType.get(provider.type) ?? observeProvider(provider.type, project, find, abortSignal)
    byType.set(provider.type, known)
    return [[name, await known] as const]
  })
  return Object.fromEntries((await Promise.all(observed)).flat())
}

async function observeProvider(
  type: string,
  { environment }: Project,
  find: FindProvider,
  abortSignal: AbortSignal | undefined,
): Promise<ObservedProvider> {
  let program: string
  try {
    program = find(type)
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
  const options = { env: environment, timeout: patience, maxBuffer: 2 ** 20, signal: abortSignal }
  return new Promise((resolve, reject) => {
    const child = execFile(program, ['compose', 'metadata'], options, (error, stdout) => {
      if (abortSignal?.aborted) return reject(error)
      resolve({ program, metadata: error ? undefined : parseMetadata(stdout) })
    })
    child.stdin?.on('error', () => {})
    child.stdin?.end()
  })
}

/** Undefined: it says nothing of what it takes. */
function parseMetadata(text: string): ProviderMetadata | undefined {
  try {
    const metadata: unknown = JSON.parse(text)
    if (typeof metadata !== 'object' || metadata === null) return undefined
    const told = metadata as ProviderMetadata // the protocol's, as Docker Compose documents it
    return told.description || told.up?.parameters || told.down?.parameters ? told : undefined
  } catch {
    return undefined
  }
}
