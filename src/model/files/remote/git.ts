// `https://host/repository.git#ref:folder`: a Compose file in a git repository, fetched with git itself.
import { execFile } from 'node:child_process'
import { realpathSync, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { ComposeError, placed } from '../../../shared/errors.ts'
import { type GitReference, parseGitReference, quietGit } from '../../../shared/git-reference.ts'
import { fileNames } from '../file-names.ts'
import { cachedFolder } from './cache.ts'
import type { RemoteOptions } from './remote-options.ts'

/** Git answers in this time, or its server is taken to be away. */
const timeoutMs = 120_000

/** The path of the Compose file in a checkout of the commit that the reference names now. */
export async function fetchRepository(reference: string, options: RemoteOptions): Promise<string> {
  checkEnabled(options.env.COMPOSE_EXPERIMENTAL_GIT_REMOTE)
  const { remote, ref, folder, commit: wanted } = parseReference(reference)
  const git = (...args: string[]) => runGit(args, options)
  const commit = /^[0-9a-f]{40}$/.test(ref) ? ref : await resolveCommit(reference, remote, ref, git)
  if (wanted !== undefined && !commit.startsWith(wanted))
    throw new ComposeError('failed_precondition', `expected checksum to match ${wanted}, got ${commit}`, {
      path: reference,
    })
  const checkout = await cachedFolder(commit, options, async into => {
    await git('init', '--quiet', into)
    await git('-C', into, 'fetch', '--quiet', '--depth=1', '--', remote, commit)
    await git('-C', into, 'checkout', '--quiet', 'FETCH_HEAD')
  })
  const file = composeFileIn(join(checkout, folder), reference)
  if (realpathSync(file).startsWith(`${realpathSync(checkout)}/`)) return file
  throw new ComposeError(
    'permission_denied',
    `the Compose file of ${reference} is a link to outside of the repository`,
    {
      path: reference,
    },
  )
}

/** As everywhere, but a Compose file's folder is below the repository. */
function parseReference(reference: string): GitReference {
  try {
    const found = parseGitReference(reference)
    if (!isAbsolute(found.folder)) return found
    throw new ComposeError('invalid_argument', `git subdirectory path traversal detected: ${found.folder}`)
  } catch (error) {
    throw placed(error, reference)
  }
}

async function resolveCommit(
  reference: string,
  remote: string,
  ref: string,
  git: (...args: string[]) => Promise<string>,
): Promise<string> {
  const commit = (await git('ls-remote', '--', remote, ref)).slice(0, 40)
  if (/^[0-9a-f]{40}$/.test(commit)) return commit
  throw new ComposeError('not_found', `repository does not contain ref ${reference}`, { path: reference })
}

function composeFileIn(path: string, reference: string): string {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats?.isFile()) return path
  const file = fileNames.map(name => join(path, name)).find(name => statSync(name, { throwIfNoEntry: false })?.isFile())
  if (stats !== undefined && file !== undefined) return file
  throw new ComposeError('not_found', `no Compose file in ${reference}`, {
    path: reference,
    hint: 'Name its folder behind the reference: #main:deploy/compose.',
  })
}

function runGit(args: string[], { env }: RemoteOptions): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  execFile('git', args, { env: { ...quietGit(env), ...env }, timeout: timeoutMs }, (error, stdout, stderr) => {
    if (error === null) resolve(stdout)
    else
      reject(
        new ComposeError(
          'unavailable',
          `git ${args[0] === '-C' ? args[2] : args[0]} failed: ${stderr.trim() || error.message}`,
          {
            cause: error,
            hint: 'Is git installed, and may you read the repository?',
          },
        ),
      )
  })
  return promise
}

function checkEnabled(variable: string | undefined): void {
  if (variable !== undefined && /^(?:0|f|false)$/i.test(variable))
    throw new ComposeError(
      'failed_precondition',
      'git remote resource is disabled by "COMPOSE_EXPERIMENTAL_GIT_REMOTE"',
    )
}
