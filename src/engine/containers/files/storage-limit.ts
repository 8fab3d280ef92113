// `storage_opt: size`: how much a container may write into its own root file system. The limit is a project quota on
// the folders that overlayfs writes to; the project's number comes from the container's id.

import type { HostConfig } from '../../../docker/protocol/types.ts'
import { ComposeError } from '../../../shared/errors.ts'
import { hasProjectQuota, joinProject, limitProject } from '../../kernel/project-quota.ts'
import type { ContainerRecord } from '../record.ts'

export interface StorageLimits {
  /** Throws what can't be had. */
  check(options: HostConfig['StorageOpt']): void
  /** Limits these folders, which are empty yet, together. */
  apply(record: ContainerRecord, folders: readonly string[]): void
  release(record: ContainerRecord): void
}

export function createStorageLimits(dataRoot: string): StorageLimits {
  return {
    check(options = {}) {
      const unknown = Object.keys(options).find(name => name.toLowerCase() !== 'size')
      if (unknown) throw new ComposeError('invalid_argument', `Unknown option ${unknown}`)
      if (sizeOf(options) === undefined || hasProjectQuota(dataRoot)) return
      throw new ComposeError(
        'failed_precondition',
        "--storage-opt is supported only for overlay over xfs with 'pquota' mount option",
        { hint: `or over ext4 with prjquota: ${dataRoot} is on neither` },
      )
    },
    apply(record, folders) {
      const bytes = sizeOf(record.host.storageOpt ?? {})
      if (bytes === undefined) return
      for (const folder of folders) joinProject(folder, projectOf(record))
      limitProject(dataRoot, projectOf(record), bytes)
    },
    release(record) {
      // Mounted without quotas by now, the file system has no limit to take away, and the container can go all the same.
      if (sizeOf(record.host.storageOpt ?? {}) === undefined || !hasProjectQuota(dataRoot)) return
      limitProject(dataRoot, projectOf(record), 0)
    },
  }
}

/** Above the numbers that people and other engines hand out from 1. */
const firstProject = 0x10000000
const projectOf = ({ id }: ContainerRecord) => firstProject + Number.parseInt(id.slice(0, 7), 16)

/** `10G`, `512m`, `1.5g`, in bytes. */
function sizeOf(options: Record<string, string>): number | undefined {
  const text = Object.entries(options).find(([name]) => name.toLowerCase() === 'size')?.[1]
  if (text === undefined) return undefined
  const match = /^(\d+(?:\.\d+)?) ?([kmgtp]?)(?:i?b)?$/i.exec(text)
  if (!match) throw new ComposeError('invalid_argument', `invalid size: '${text}'`)
  const [, number, unit = ''] = match
  return Math.floor(Number(number) * 1024 ** ' kmgtp'.indexOf(unit.toLowerCase() || ' '))
}
