// The recorded cases that the model does not answer. A case goes when it passes: the test says so.

/** Not the model's: other commands, and arguments that the command line refuses. test/cli-oracle.test.ts runs them. */
export const ofTheCommandLine = [
  'command-arguments-missing-refused',
  'command-build-unknown-service-refused',
  'command-convert-refused',
  'command-env-file-missing-refused',
  'command-flag-needs-argument-refused',
  'command-progress-unknown-refused',
  'command-project-name-invalid-refused',
  'command-root-flag-unknown-refused',
  'command-scale-bad-refused',
  'command-unknown-refused',
  'command-up-conflicting-flags-refused',
  'command-up-invalid-file-refused',
  'command-up-nothing-refused',
  'command-viz',
  'flag-boolean-with-word-refused',
  'flag-file-after-command-refused',
  'flag-help',
  'flag-parallel-word-refused',
  'flag-unknown-refused',
  'env-parallel-limit-word-refused',
] as const

/** Answered otherwise than Docker Compose does, each with its reason. */
export const different: Readonly<Record<string, string>> = {}

/** An unknown command is answered with one sentence and the nearest name: Docker Compose prints a page of help too. */
export const withoutPage = ['command-convert-refused', 'command-unknown-refused']
