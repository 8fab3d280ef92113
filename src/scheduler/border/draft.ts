// A container as the Engine API is to be asked for it, before anything exists.
import type { ContainerCreateRequest } from '../../docker/protocol/types.ts'
import type { HeldFile } from './held-files.ts'

/** `id` is known for containers that existed when the plan was made; others are found by their name. */
export interface ContainerRef {
  name: string
  id?: string
}

/** A file that travels into the container before its start. */
export interface InjectedFile {
  /** Absolute, in the container. */
  path: string
  content: string
  mode: number
  uid: number
  gid: number
}

export interface ContainerDraft {
  name: string
  service: string
  /** From 1; 0 for a container of `run`. */
  number: number
  platform: string | undefined
  /** The reference whose id becomes the label com.docker.compose.image. */
  image: string
  body: ContainerCreateRequest
  files: InjectedFile[]
  /** What its label tells of, injected or mounted. */
  held: HeldFile[]
}
