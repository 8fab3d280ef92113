// Git repositories as contexts and as sources of ADD: `https://host/repo.git#ref:folder`, cloned by the host's git.
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { ComposeError } from '../../shared/errors.ts'
import { parseGitReference, quietGit } from '../../shared/git-reference.ts'
import { resolveInside } from '../chrooted/select-files.ts'
import { executablePath } from '../runtime/runtime.ts'

export const isGitAddress = (text: string): boolean =>
  /^(?:git|ssh):\/\//.test(text) ||
  /^git@/.test(text) ||
  /^https?:\/\/[^#]+\.git(?:#.*)?$/.test(text) ||
  /^github\.com\//.test(text)

export interface CloneOptions {
  keepGitFolder: boolean
  signal: AbortSignal
  deadlineMs?: number
}

/** Into an empty folder; returns the part of it that the address names. A repository may be large. */
export async function cloneRepository(
  address: string,
  folder: string,
  { keepGitFolder, signal, deadlineMs = 600_000 }: CloneOptions,
): Promise<string> {
  const git = executablePath('git')
  if (!git)
    throw new ComposeError('failed_precondition', `git is not installed, and ${address} needs it`, {
      hint: 'apt-get install -y git',
    })
  const { remote, ref, folder: subfolder } = parseGitReference(address)
  const late = AbortSignal.timeout(deadlineMs)
  const either = AbortSignal.any([signal, late])
  const run = (args: readonly string[]) => call(git, ['-C', folder, ...args], either)
  try {
    await run(['init', '--quiet'])
    await run(['remote', 'add', '--', 'origin', remote])
    await run(['fetch', '--quiet', '--depth=1', '--', 'origin', ref])
    await run(['checkout', '--quiet', '--detach', 'FETCH_HEAD'])
    await run(['submodule', 'update', '--quiet', '--init', '--recursive', '--depth=1'])
  } catch (error) {
    if (signal.aborted || !late.aborted) throw error
    throw new ComposeError('deadline_exceeded', `git has not fetched ${address} in ${deadlineMs / 1000} s`, {
      hint: 'does its server answer?',
      cause: error,
    })
  }
  if (!keepGitFolder) rmSync(join(folder, '.git'), { recursive: true, force: true })
  const inside = resolveInside(folder, subfolder)
  if (inside === undefined) throw new ComposeError('not_found', `${remote} has no folder ${subfolder}`)
  return join(folder, inside)
}

async function call(file: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/root', ...quietGit({}) }
  const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'], env, signal })
  let complaint = ''
  child.stderr.on('data', chunk => {
    complaint += chunk
  })
  const code = await new Promise<number | null>((resolve, reject) => child.once('exit', resolve).once('error', reject))
  if (code !== 0) throw new ComposeError('unavailable', `git: ${complaint.trim() || `exit code ${code}`}`)
}
