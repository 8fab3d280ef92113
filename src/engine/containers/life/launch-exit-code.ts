// What a container's exit code is when its program could not be started.

/** The runtime speaks of the program, in runc's words (runtime/program-failure.ts) or in its own. */
const ofProgram = /executable file |open executable|exec container process|exec: (?:\\?"|permission denied)/

/** 127: there is no such program; 126: it can't be run; 128: anything else was missing. */
export function launchExitCode(message: string): 126 | 127 | 128 {
  if (!ofProgram.test(message)) return 128
  return /not found|no such file/i.test(message) ? 127 : 126
}
