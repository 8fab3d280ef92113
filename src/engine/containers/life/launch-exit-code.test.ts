import assert from 'node:assert/strict'
import { test } from 'node:test'
import { launchExitCode } from './launch-exit-code.ts'

for (const [message, code] of [
  ['crun create failed: executable file `nope` not found in $PATH: No such file or directory', 127],
  ['crun create failed: unable to start container process: exec: permission denied: unknown', 126],
  ['runc create failed: unable to start container process: exec: "nope": executable file not found in $PATH', 127],
  ['runc create failed: unable to start container process: exec: "/none": stat /none: no such file or directory', 127],
  ['runc create failed: unable to start container process: exec: "/etc/passwd": permission denied', 126],
  ['runc create failed: unable to start container process: exec: "/etc": is a directory', 126],
  ['runc create failed: level=error msg="exec: \\"/none\\": stat /none: no such file or directory"', 127],
  ['network p_default not found', 128],
  ['crun create failed: mount `/src` to `/dst`: No such file or directory', 128],
  ['failed to set up container networking: port is already allocated', 128],
] as const)
  test(`${code}: ${message}`, () => assert.equal(launchExitCode(message), code))
