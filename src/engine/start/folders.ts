// The folders of an engine below its two roots, made when it starts.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { EngineRoots } from '../../shared/roots.ts'
import { makeShared, requireOverlay } from '../kernel/mounts.ts'

export interface Folders {
  /** Each container's bundle, log and writable layer. */
  containers: string
  volumes: string
  layers: string
  /** Nothing is in it. */
  belowLayers: string
  blobs: string
  /** What is being unpacked or received. */
  staging: string
  /** Of builds: what `RUN --mount=type=cache` keeps, and digests of the files of contexts. */
  cacheMounts: string
  digestBooks: string
  /** Of the run root from here on: gone after a boot. */
  rootfs: string
  netns: string
  /** Of builds that run. */
  secrets: string
  /** conmon's notes of exit codes. */
  exits: string
  runtimeState: string
}

/** Throws a ComposeError where containers can't live in the data root. */
export function makeFolders({ dataRoot, runRoot }: EngineRoots): Folders {
  const folders: Folders = {
    containers: join(dataRoot, 'containers'),
    volumes: join(dataRoot, 'volumes'),
    layers: join(dataRoot, 'layers'),
    belowLayers: join(dataRoot, 'build', 'empty'),
    blobs: join(dataRoot, 'blobs'),
    staging: join(dataRoot, 'staging'),
    cacheMounts: join(dataRoot, 'build', 'mounts'),
    digestBooks: join(dataRoot, 'build', 'digests'),
    secrets: join(runRoot, 'secrets'),
    rootfs: join(runRoot, 'rootfs'),
    netns: join(runRoot, 'netns'),
    exits: join(runRoot, 'exits'),
    runtimeState: join(runRoot, 'runtime-state'),
  }
  for (const name of ['containers', 'rootfs', 'netns', 'exits', 'staging'] as const)
    mkdirSync(folders[name], { recursive: true, mode: 0o711 })
  makeShared(runRoot)
  requireOverlay(folders.staging)
  return folders
}
