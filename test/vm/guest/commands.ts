// The CLI in the guest, with one engine. Its data root is on the disk that stays from boot to boot, and so is its run
// root, with all that tells of an earlier boot. A command takes two seconds, so what needs none goes through the API.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { promisify } from 'node:util'
import { Docker } from '../../../src/docker/client/docker.ts'
import { followProgress } from '../../../src/docker/protocol/json-lines.ts'
import { engineRoots } from '../../../src/shared/roots.ts'
import { exec } from '../../engine/run.ts'

const run = promisify(execFile)

/** Runs tsc-compose in the folder of the guest's Compose file; fails unless the exit code is 0. */
export async function ok(...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, ['/project/bin/run.js', ...args], {
    cwd: '/project/test/guest/testdata/reboot',
    timeout: 60_000,
  })
  return stdout
}

export const roots = engineRoots(process.env)
export const openEngine = (): Docker => new Docker({ kind: 'unix', path: roots.socketPath })

/** Service and status of all containers, in the order of names: `web Up`, `job Exited (0)`. */
export async function states(docker: Docker): Promise<string[]> {
  const all = await docker.listContainers({ all: true })
  return all
    .map(
      ({ Labels = {}, Status = '' }) =>
        `${Labels['com.docker.compose.service']} ${/^\w+( \(\d+\))?/.exec(Status)?.[0]}`,
    )
    .sort()
}

/** What a program in a service's container prints; fails unless its exit code is 0. */
export async function inside(docker: Docker, service: string, script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await exec(docker.getContainer(`reboot-${service}-1`), ['sh', '-c', script])
  assert.equal(exitCode, 0, stderr)
  return stdout
}

export async function importBusybox(docker: Docker): Promise<void> {
  const tar = createReadStream('/project/test/.cache/busybox.tar')
  await followProgress(await docker.importImage(tar, { repo: 'busybox', tag: 'latest', changes: 'CMD ["sh"]' }))
}

/** What a client of the published port is told. */
export async function served(): Promise<string> {
  return (await fetch('http://127.0.0.1:8080/', { signal: AbortSignal.timeout(5000) })).text()
}
