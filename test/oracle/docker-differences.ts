// Where a real Docker Engine, older than that of the recordings or set up otherwise, answers our CLI in another way.
import type { Difference } from './commands/compare.ts'

/** Cases that ask what a Docker Engine at hand does not have. */
export const notOnDocker: Readonly<Record<string, string>> = {}

export const onDocker: Readonly<Record<string, readonly Difference[]>> = {}
