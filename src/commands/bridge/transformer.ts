// Images that convert a project: what they are known by, and how one is made sure of.
import { credentialsOf } from '../../cli/credentials-of.ts'
import type { Docker } from '../../docker/client/docker.ts'
import { followProgress } from '../../docker/protocol/json-lines.ts'
import type { ImageInspect } from '../../docker/protocol/types.ts'
import { fromDaemon } from '../../scheduler/execute/told.ts'
import { ComposeError } from '../../shared/errors.ts'

export const transformerLabel = 'com.docker.compose.bridge=transformation'
export const defaultTransformer = 'docker/compose-bridge-kubernetes'

/** Pulled where it is missing; `say` is told how that goes. */
export async function presentImage(
  docker: Docker,
  name: string,
  say: (line: string) => void,
  abortSignal: AbortSignal,
): Promise<ImageInspect> {
  const inspect = () => docker.getImage(name).inspect({ abortSignal })
  try {
    return await inspect()
  } catch (error) {
    if (!(error instanceof ComposeError && error.code === 'not_found')) throw error
  }
  try {
    const authconfig = await credentialsOf(name, process.env)
    const stream = await docker.pull(name, { authconfig, abortSignal })
    await followProgress(stream, ({ id, status = '', progressDetail }) => {
      if (progressDetail?.current === undefined) say(id ? `${id}: ${status}` : status)
    })
    return await inspect()
  } catch (error) {
    throw fromDaemon(error)
  }
}
