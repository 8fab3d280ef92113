// Hooks of services: programs in a container that belong to its start or stop.

import type { Docker } from '../../docker/client/docker.ts'
import { frames } from '../../docker/protocol/frames.ts'
import type { Hook } from '../../model/attributes/shapes/lifecycle.ts'
import { ComposeError } from '../../shared/errors.ts'
import type { ContainerRef } from '../border/draft.ts'

/** Hooks run one after the other; one that fails fails its operation. */
export async function runHook(
  container: ContainerRef,
  service: string,
  hook: Hook,
  docker: Docker,
  signal: AbortSignal,
): Promise<void> {
  const exec = await docker.getContainer(container.id ?? container.name).exec({
    Cmd: hook.command ?? [],
    User: hook.user,
    Privileged: hook.privileged,
    WorkingDir: hook.workingDir,
    Env: Object.entries(hook.environment).map(([key, value]) => (value === null ? key : `${key}=${value}`)),
    AttachStdout: true,
    AttachStderr: true,
    abortSignal: signal,
  })
  const stream = await exec.start({ abortSignal: signal })
  let said = ''
  for await (const { data } of frames(stream)) said = `${said}${data}`.slice(-2000)
  const { ExitCode } = await exec.inspect({ abortSignal: signal })
  if (ExitCode)
    throw new ComposeError('failed_precondition', `${service} hook exited with status ${ExitCode}: ${said.trim()}`)
}
