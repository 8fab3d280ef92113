// What a container's record does not say itself, for its OCI spec: what was made for this run, and where it is.
import type { ContainerEdits } from '../../runtime/cdi.ts'
import type { ContainerRecord, MountRecord } from '../record.ts'

export interface SpecContext {
  rootfs: string
  /** Holds resolv.conf, hosts and hostname. */
  filesFolder: string
  netns: string | false
  hostname: string
  cgroupsPath: string
  /** AppArmor's, of containers that name none. */
  apparmorProfile: string | undefined
  compiledFilter: (capabilities: readonly string[]) => Buffer | undefined
  containerNamed: (name: string) => ContainerRecord
  /** What CDI devices bring. */
  edits: readonly ContainerEdits[]
  /** Where the /dev/shm of a container that shares it is. */
  sharedMemoryOf: (record: ContainerRecord) => string
  /** What was mounted for this mount to be made from, if anything was. */
  preparedSource: (mount: MountRecord) => string | undefined
  /** The folder of a volume, mounted if it has to be. */
  volumePath: (name: string) => string
}
