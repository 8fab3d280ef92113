// What is mounted into a service, and the devices it is given.
import type { serviceConfigOrSecret } from '../../../../schema/common.ts'
import type { deviceMappings, volumeMounts } from '../../../../schema/service-storage.ts'
import { group, listOf, type Shape } from '../kinds/collection.ts'
import type { RowsOf } from '../kinds/rows.ts'
import { always, bytes, flag, text, unlessFalse, unsigned32 } from '../kinds/scalar.ts'
import { fileMode, mapping } from '../kinds/special.ts'
import { needed, neededWord, word } from './common.ts'
import type { BindRecursion, MountType, SelinuxLabel } from './words.ts'

type MountDefinition = (typeof volumeMounts)['items']['oneOf'][1]
type OptionsOf<Type extends keyof MountDefinition['properties']> = MountDefinition['properties'][Type]

export type VolumeMount = Shape<typeof makeVolumeMount>

const makeVolumeMount = () =>
  group({
    type: neededWord<MountType>(),
    /** bind: an absolute path; volume: a key of the project's volumes, or absent for an anonymous one. */
    source: text,
    target: text,
    readOnly: flag,
    consistency: text,
    bind: group({
      selinux: word<SelinuxLabel>(),
      propagation: text,
      /** False: a missing source is an error; true: it is made. */
      createHostPath: always(unlessFalse, true),
      recursive: word<BindRecursion>(),
    } satisfies RowsOf<OptionsOf<'bind'>>),
    volume: group({ labels: mapping, nocopy: flag, subpath: text } satisfies RowsOf<OptionsOf<'volume'>>),
    /** The size in bytes. */
    tmpfs: group({ size: bytes, mode: unsigned32 } satisfies RowsOf<OptionsOf<'tmpfs'>>),
    image: group({ subpath: text } satisfies RowsOf<OptionsOf<'image'>>),
  } satisfies RowsOf<typeof volumeMounts>)

/** A config or secret of the project, as a file in the container or in a build. */
export type FileReference = Shape<typeof makeFileReference>

const makeFileReference = () =>
  group({
    /** A key of the project's configs or secrets. */
    source: needed,
    target: text,
    uid: text,
    gid: text,
    mode: fileMode,
  } satisfies RowsOf<typeof serviceConfigOrSecret>)

export type DeviceMapping = Shape<typeof makeDeviceMapping>

const makeDeviceMapping = () =>
  group({ source: text, target: text, permissions: text } satisfies RowsOf<typeof deviceMappings>)

export const makeVolumeMounts = () => listOf(makeVolumeMount())

export const makeFileReferences = () => listOf(makeFileReference())

export const makeDeviceMappings = () => listOf(makeDeviceMapping())
