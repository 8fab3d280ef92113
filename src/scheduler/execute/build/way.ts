// What every way of building is given besides the build.
import type { Docker } from '../../../docker/client/docker.ts'
import type { BuildEvent } from '../../../docker/protocol/build-events.ts'

export interface BuildWay {
  docker: Docker
  onEvent(event: BuildEvent): void
  onWarning(text: string): void
  credentialsOf(image: string): Promise<object | undefined>
  allCredentials(onFailure: (sentence: string) => void): Promise<Record<string, object>>
  signal: AbortSignal
}
