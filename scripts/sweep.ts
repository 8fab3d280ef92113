// Takes away what killed test runs left: their containers, their engines and their data roots.
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { embeddedEngine, engineProcesses, gone, shutDownEngine } from '../src/cli/embedded.ts'
import { engineRoots } from '../src/shared/roots.ts'
import { abandonedRoots } from '../test/test-root.ts'

const entry = new URL('../dist/engine.js', import.meta.url).pathname

for (const root of abandonedRoots()) {
  console.error(`Sweeping ${root}, which a killed test run left`)
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, TSC_COMPOSE_ROOT: root }
  // A virtual machine's disks are no data root.
  if (!existsSync(join(root, 'engine.lock'))) {
    rmSync(root, { recursive: true, force: true })
    continue
  }
  // An engine knows what is to be taken down, also what an earlier one made.
  const docker = await embeddedEngine({ env, entry })
  for (const { Id = '' } of await docker.listContainers({ all: true }))
    await docker.getContainer(Id).remove({ force: true, v: true })
  const processes = engineProcesses(engineRoots(env))
  await shutDownEngine(docker, { stopContainers: true })
  docker.close()
  await gone(processes, { deadlineMs: 30_000 })
  rmSync(root, { recursive: true, force: true })
}
