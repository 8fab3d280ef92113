// What a runtime says of a program that could not be started, in runc's words: docker's CLI and scripts read them, and
// make an exit code of them (docker/cli, container/run.go).

/** Anything else stays as it is. */
export function inWordsOfRunc(message: string): string {
  const words = message.trim()
  const [, missing] = /^executable file `(.*)` not found in \$PATH(?:: No such file or directory)?$/s.exec(words) ?? []
  if (missing !== undefined) return begin(`exec: "${missing}": executable file not found in $PATH`)
  const [, absent] = /^executable file `(.*)` not found: No such file or directory$/s.exec(words) ?? []
  if (absent !== undefined) return begin(`exec: "${absent}": stat ${absent}: no such file or directory`)
  // A folder, a file without the right to be run, or one of another machine.
  if (
    /^(?:open executable|executable file `.*` is not executable|exec container process `?.*`?): ?.*Permission denied/s.test(
      words,
    )
  )
    return begin('exec: permission denied')
  if (/^open executable: Operation not permitted$/.test(words)) return begin('exec: permission denied')
  return words
}

const begin = (reason: string): string => `unable to start container process: ${reason}`
