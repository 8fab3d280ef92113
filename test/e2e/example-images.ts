// The example's images for scenarios, without a registry. What builds them is thrown away: an engine keeps its network for
// builds, and a scenario looks for what is left.
import { existsSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { archivePath, buildImages, loadImages, openEngine } from '../../scripts/images.ts'
import { stack } from './stack.ts'

/** Into the engine of `env`. */
export async function loadExampleImages(t: TestContext, env: NodeJS.ProcessEnv): Promise<void> {
  if (!existsSync(archivePath())) await buildElsewhere(t)
  const docker = await openEngine(env)
  await loadImages(docker, () => {})
  docker.close()
}

async function buildElsewhere(t: TestContext): Promise<void> {
  await using builder = await stack(t, 'guestbook')
  const docker = await openEngine(builder.env)
  await buildImages(docker, builder.env, () => {})
  docker.close()
}
