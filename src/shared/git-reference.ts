// `https://host/repository.git#ref:folder`, and how git is run for it: nobody is asked, and it does not wait for ever.
import { normalize } from 'node:path'
import { ComposeError } from './errors.ts'

export interface GitReference {
  remote: string
  ref: string
  folder: string
}

/** Neither address nor ref can be taken for an option, and the folder is not above the repository. */
export function parseGitReference(reference: string): GitReference {
  const [address = '', fragment = ''] = reference.split(/#(.*)/s)
  const [ref = '', folder = ''] = fragment.split(/:(.*)/s)
  const clean = normalize(folder === '' ? '.' : folder)
  if (clean === '..' || clean.startsWith('../'))
    throw new ComposeError('invalid_argument', `git subdirectory path traversal detected: ${folder}`)
  if (address.startsWith('-') || ref.startsWith('-'))
    throw new ComposeError('invalid_argument', `not a git reference: ${reference}`)
  const remote = address.startsWith('github.com/') ? `https://${address}` : address
  return { remote, ref: ref === '' ? 'HEAD' : ref, folder: clean }
}

/** Asks for no password, and shares no connection with the user's ssh. */
export const quietGit = ({ GIT_SSH }: NodeJS.ProcessEnv): Record<string, string> => ({
  GIT_TERMINAL_PROMPT: '0',
  ...(GIT_SSH === undefined ? { GIT_SSH_COMMAND: 'ssh -o ControlMaster=no -o BatchMode=yes' } : {}),
})
