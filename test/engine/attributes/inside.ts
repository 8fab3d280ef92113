// For tests of settings: an engine with the tests' image, and a look from inside a container that has them.
import { after, before } from 'node:test'
import type { ContainerCreateRequest, HostConfig } from '../../../src/docker/protocol/types.ts'
import { startEngine, type TestEngine } from '../engine-process.ts'
import { importBusybox, type Output, shell } from '../run.ts'

export type Wanted = ContainerCreateRequest & { name?: string }

export interface Inside {
  engine(): TestEngine
  /** Standard output and error of a script in a container with these settings, run to its end. */
  see(script: string, hostConfig?: HostConfig, more?: Wanted): Promise<string>
  output(script: string, hostConfig?: HostConfig, more?: Wanted): Promise<Output>
  /** Creates a container, which is removed again, and returns what the answer warns of. */
  warnings(hostConfig: HostConfig): Promise<string[]>
  /** Creates, starts and removes; rejects with what the engine refuses. */
  attempt(hostConfig: HostConfig, more?: Wanted): Promise<void>
}

/** To be called at the top of a test file, which then shares one engine. */
export function inside(): Inside {
  let engine: TestEngine | undefined
  before(async () => {
    engine = await startEngine()
    await importBusybox(engine)
  })
  after(() => engine?.[Symbol.asyncDispose]())
  const own = () => {
    if (!engine) throw new Error('the engine is started by before()')
    return engine
  }
  const output: Inside['output'] = (script, HostConfig = {}, more = {}) => shell(own(), script, { HostConfig, ...more })
  return {
    engine: own,
    output,
    async see(script, hostConfig, more) {
      const { stdout, stderr } = await output(script, hostConfig, more)
      return stdout + stderr
    },
    async warnings(HostConfig) {
      const container = await own().docker.createContainer({ Image: 'busybox', HostConfig })
      await container.remove({ v: true })
      return container.warnings
    },
    async attempt(HostConfig, more = {}) {
      const container = await own().docker.createContainer({ Image: 'busybox', Cmd: ['true'], HostConfig, ...more })
      try {
        await container.start()
      } finally {
        await container.remove({ force: true, v: true })
      }
    },
  }
}
