// What is mounted into a service.

import type {
  BindOptions,
  FileReference,
  ImageOptions,
  TmpfsOptions,
  VolumeMount,
  VolumeOptions,
} from '../../project/service-resources.ts'
import { group, listOf } from '../kinds/collection.ts'
import { bytes, flag, text, unlessFalse, unsigned32 } from '../kinds/scalar.ts'
import { fileMode, mapping } from '../kinds/special.ts'
import { needed, word } from './common.ts'

export function makeVolumeMounts() {
  return listOf(
    group<VolumeMount>({
      type: ['type', word()],
      source: ['source', text],
      target: ['target', text],
      readOnly: ['read_only', flag],
      consistency: ['consistency', text],
      bind: [
        'bind',
        group<BindOptions>({
          selinux: ['selinux', text],
          propagation: ['propagation', text],
          createHostPath: ['create_host_path', unlessFalse],
          recursive: ['recursive', text],
        }),
      ],
      volume: [
        'volume',
        group<VolumeOptions>({
          labels: ['labels', mapping],
          nocopy: ['nocopy', flag],
          subpath: ['subpath', text],
        }),
      ],
      tmpfs: ['tmpfs', group<TmpfsOptions>({ size: ['size', bytes], mode: ['mode', unsigned32] })],
      image: ['image', group<ImageOptions>({ subpath: ['subpath', text] })],
    }),
  )
}

export function makeFileReferences() {
  return listOf(
    group<FileReference>({
      source: ['source', needed],
      target: ['target', text],
      uid: ['uid', text],
      gid: ['gid', text],
      mode: ['mode', fileMode],
    }),
  )
}
