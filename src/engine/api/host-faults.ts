// What the host lacks at the moment, told from the error in which it shows: a full disk, no descriptors left. Such an
// error is nobody's bug, so it comes with what to do.
import { ComposeError, messageOf } from '../../shared/errors.ts'

interface Fault {
  /** In messages: of Node, of a runtime, of SQLite. */
  says: RegExp
  hint: (dataRoot: string) => string
}

const faults: readonly Fault[] = [
  {
    says: /ENOSPC|EDQUOT|no space left on device|disk quota exceeded|database or disk is full/i,
    hint: dataRoot => `the disk is full: df -h ${dataRoot}`,
  },
  {
    says: /EROFS|read-only file system|attempt to write a readonly database/i,
    hint: dataRoot => `${dataRoot} is mounted read-only, perhaps after an error of the disk: dmesg | tail`,
  },
  {
    says: /EMFILE|ENFILE|too many open files/i,
    hint: () =>
      'the engine has no file descriptors left: raise the limit (ulimit -n) and start it again (tsc-compose engine stop)',
  },
  {
    says: /disk I\/O error|EIO\b/i,
    hint: dataRoot => `the disk under ${dataRoot} fails, or was made read-only after an error: dmesg | tail`,
  },
  {
    says: /ENOMEM|cannot allocate memory/i,
    hint: () => 'the host has no memory left: free -h',
  },
]

/** The same error with a hint, where the host is the reason; any other error as it is. */
export function explainHostFault(error: unknown, dataRoot: string): unknown {
  if (error instanceof ComposeError && error.hint !== undefined) return error
  const text = messages(error)
  const fault = faults.find(({ says }) => says.test(text))
  if (!fault) return error
  const code = error instanceof ComposeError && error.code !== 'internal' ? error.code : 'failed_precondition'
  return new ComposeError(code, messageOf(error), { hint: fault.hint(dataRoot), cause: error })
}

/** Of the error and of what caused it. */
function messages(error: unknown): string {
  return error instanceof Error ? `${error.message}\n${messages(error.cause)}` : ''
}
