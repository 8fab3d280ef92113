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
  /^https?:\/\/[^?#]+\.git(?:[?#].*)?$/.test(text) ||
  /^github\.com\//.test(text)

export interface CloneOptions {
  /** Undefined: as the address says, else not. */
  keepGitFolder: boolean | undefined
  /** What must be there: a commit, or its first digits. */
  commit?: string | undefined
  access?: GitAccess | undefined
  signal: AbortSignal
  deadlineMs?: number
}

/** What a build is given to reach private repositories. */
export interface GitAccess {
  /** GIT_AUTH_TOKEN and GIT_AUTH_HEADER, for every server or, with `.<host>`, for one. */
  secrets: ReadonlyMap<string, Buffer>
  /** Sockets of agents: `default` is git's. */
  ssh: ReadonlyMap<string, string>
}

/** Into an empty folder; returns the part of it that the address names. A repository may be large. */
export async function cloneRepository(
  address: string,
  folder: string,
  { signal, deadlineMs = 600_000, ...options }: CloneOptions,
): Promise<string> {
  const git = executablePath('git')
  if (!git)
    throw new ComposeError('failed_precondition', `git is not installed, and ${address} needs it`, {
      hint: 'apt-get install -y git',
    })
  const { remote, ref, folder: subfolder, ...given } = parseGitReference(address)
  const keepGitFolder = options.keepGitFolder ?? given.keepGitFolder ?? false
  const late = AbortSignal.timeout(deadlineMs)
  const either = AbortSignal.any([signal, late])
  const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/root', ...quietGit({}) }
  const reaching = { ...env, ...accessVariables(remote, options.access) }
  const run = (args: readonly string[]) => call(git, ['-C', folder, ...args], reaching, either)
  try {
    await run(['init', '--quiet'])
    await run(['remote', 'add', '--', 'origin', remote])
    await run(['fetch', '--quiet', '--depth=1', '--', 'origin', ref])
    for (const commit of [options.commit, given.commit])
      if (commit !== undefined) checkCommit(commit, await run(['rev-parse', 'FETCH_HEAD', 'FETCH_HEAD^{commit}']))
    await run(['checkout', '--quiet', '--detach', 'FETCH_HEAD'])
    if (given.submodules !== false) await run(['submodule', 'update', '--quiet', '--init', '--recursive', '--depth=1'])
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

/** `found`: of an annotated tag also what it names. */
function checkCommit(wanted: string, found: string): void {
  const all = found.trim().split('\n')
  if (!all.some(commit => commit.startsWith(wanted)))
    throw new ComposeError('failed_precondition', `expected checksum to match ${wanted}, got ${all.at(-1)}`)
}

/** By the environment: everybody sees the words of a process. As with BuildKit a token of GitHub serves all of it. */
function accessVariables(remote: string, access: GitAccess | undefined): Record<string, string> {
  if (!access) return {}
  const { protocol, hostname } = URL.parse(remote) ?? { protocol: 'ssh:', hostname: '' }
  if (!/^https?:$/.test(protocol)) {
    const agent = access.ssh.get('default')
    return agent === undefined ? {} : { SSH_AUTH_SOCK: agent }
  }
  const secret = (name: string) =>
    (access.secrets.get(`${name}.${hostname}`) ?? access.secrets.get(name))?.toString().trim()
  const token = secret('GIT_AUTH_TOKEN')
  const basic = token && `basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`
  const header = secret('GIT_AUTH_HEADER') || basic
  if (!header) return {}
  const scope = remote.startsWith('https://github.com/') ? 'https://github.com/' : remote
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `http.${scope}.extraheader`,
    GIT_CONFIG_VALUE_0: `Authorization: ${header}`,
  }
}

async function call(
  file: string,
  args: readonly string[],
  env: Record<string, string>,
  signal: AbortSignal,
): Promise<string> {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env, signal })
  let answer = ''
  let complaint = ''
  child.stdout.on('data', chunk => {
    answer += chunk
  })
  child.stderr.on('data', chunk => {
    complaint += chunk
  })
  const code = await new Promise<number | null>((resolve, reject) => child.once('close', resolve).once('error', reject))
  if (code !== 0) throw new ComposeError('unavailable', `git: ${complaint.trim() || `exit code ${code}`}`)
  return answer
}
