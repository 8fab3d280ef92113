// Git repositories as contexts and as sources of ADD: `https://host/repo.git#ref:folder`, cloned by the host's git.
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { ComposeError } from '../../shared/errors.ts'
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
}

/** Into an empty folder; returns the part of it that the address names. */
export async function cloneRepository(
  address: string,
  folder: string,
  { keepGitFolder, signal }: CloneOptions,
): Promise<string> {
  const git = executablePath('git')
  if (!git)
    throw new ComposeError('failed_precondition', `git is not installed, and ${address} needs it`, {
      hint: 'apt-get install -y git',
    })
  const [repository = '', fragment = ''] = address.split('#', 2)
  const [ref = '', subfolder = ''] = fragment.split(':', 2)
  const url = repository.startsWith('github.com/') ? `https://${repository}` : repository
  const run = (args: readonly string[]) => call(git, ['-C', folder, ...args], signal)
  await run(['init', '--quiet'])
  await run(['remote', 'add', 'origin', '--', url])
  await run(['fetch', '--quiet', '--depth=1', 'origin', ref || 'HEAD'])
  await run(['checkout', '--quiet', '--detach', 'FETCH_HEAD'])
  await run(['submodule', 'update', '--quiet', '--init', '--recursive', '--depth=1'])
  if (!keepGitFolder) rmSync(join(folder, '.git'), { recursive: true, force: true })
  const inside = resolveInside(folder, subfolder || '.')
  if (inside === undefined) throw new ComposeError('not_found', `${url} has no folder ${subfolder}`)
  return join(folder, inside)
}

async function call(file: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  // Nobody is there to be asked for a password.
  const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/root', GIT_TERMINAL_PROMPT: '0' }
  const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'], env, signal })
  let complaint = ''
  child.stderr.on('data', chunk => {
    complaint += chunk
  })
  const code = await new Promise<number | null>((resolve, reject) => child.once('exit', resolve).once('error', reject))
  if (code !== 0) throw new ComposeError('unavailable', `git: ${complaint.trim() || `exit code ${code}`}`)
}
