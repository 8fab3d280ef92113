// `https://host/repository.git#ref:folder`, or the same as parameters (`?branch=…&subdir=…`), and how git is run for it:
// nobody is asked, and it does not wait for ever.
import { normalize } from 'node:path'
import { ComposeError } from './errors.ts'
import { nearest } from './nearest.ts'

export interface GitReference {
  remote: string
  ref: string
  folder: string
  /** What `ref` must be: a commit, or its first digits. */
  commit?: string
  keepGitFolder?: boolean
  submodules?: boolean
}

/** Neither address nor ref can be taken for an option, and the folder is not above the repository. */
export function parseGitReference(reference: string): GitReference {
  const [whole = '', fragment = ''] = reference.split(/#(.*)/s)
  const [named = '', below = ''] = fragment.split(/:(.*)/s)
  const { address, given } = readParameters(whole, reference)
  const { commit } = given
  const [ref, ...others] = [
    ...(named === '' ? [] : [named]),
    ...(given.ref === undefined ? [] : [given.ref]),
    ...(given.branch === undefined ? [] : [`refs/heads/${given.branch}`]),
    ...(given.tag === undefined ? [] : [`refs/tags/${given.tag}`]),
  ]
  if (others.length > 0) throw refused(reference, 'it names more than one ref')
  if (below !== '' && given.subdir !== undefined) throw refused(reference, 'it names more than one folder')
  const clean = normalize((below || given.subdir) ?? '.')
  if (clean === '..' || clean.startsWith('../'))
    throw new ComposeError('invalid_argument', `git subdirectory path traversal detected: ${clean}`)
  if (address.startsWith('-') || ref?.startsWith('-'))
    throw new ComposeError('invalid_argument', `not a git reference: ${reference}`)
  if (commit !== undefined && !/^[0-9a-f]{7,64}$/.test(commit)) throw refused(reference, `${commit} is no commit`)
  return {
    remote: address.startsWith('github.com/') ? `https://${address}` : address,
    ref: ref ?? commit ?? 'HEAD',
    folder: clean,
    ...(commit === undefined ? {} : { commit }),
    ...(given['keep-git-dir'] === undefined ? {} : { keepGitFolder: isTrue(given['keep-git-dir']) }),
    ...(given.submodules === undefined ? {} : { submodules: isTrue(given.submodules) }),
  }
}

const parameters = ['ref', 'branch', 'tag', 'commit', 'subdir', 'keep-git-dir', 'submodules'] as const
type Parameter = (typeof parameters)[number]
const isParameter = (name: string): name is Parameter => parameters.some(known => known === name)
const isTrue = (value: string): boolean => value === '' || /^(?:1|t|true)$/i.test(value)

/** Those of BuildKit; `checksum` is another name of `commit`. */
function readParameters(
  text: string,
  reference: string,
): { address: string; given: Partial<Record<Parameter, string>> } {
  const [address = '', query] = text.split(/\?(.*)/s)
  const given: Partial<Record<Parameter, string>> = {}
  if (query === undefined || !/^[a-z]+:\/\//.test(address)) return { address: text, given }
  for (const [word, value] of new URLSearchParams(query)) {
    const name = word === 'checksum' ? 'commit' : word
    if (!isParameter(name)) {
      const meant = nearest(name, parameters)
      throw refused(reference, `unexpected query "${word}"`, meant ? `did you mean ${meant}?` : undefined)
    }
    if (given[name] !== undefined) throw refused(reference, `query "${word}" has more than one value`)
    given[name] = value
  }
  return { address, given }
}

const refused = (reference: string, why: string, hint?: string | undefined) =>
  new ComposeError('invalid_argument', `not a git reference: ${reference}: ${why}`, { hint })

/** Asks for no password, and shares no connection with the user's ssh. */
export const quietGit = ({ GIT_SSH }: NodeJS.ProcessEnv): Record<string, string> => ({
  GIT_TERMINAL_PROMPT: '0',
  ...(GIT_SSH === undefined ? { GIT_SSH_COMMAND: 'ssh -o ControlMaster=no -o BatchMode=yes' } : {}),
})
