// What a set of Compose files means: everything merged, in long form, resolved, in camelCase.
// The property of an attribute is its Compose key in camelCase; what was not written is absent. The tables in
// attributes/shapes are what it has, and their types.
import type { Config, Model, NetworkAttributes, Secret, VolumeAttributes } from '../attributes/shapes/resources.ts'
import type { Places } from '../files/places.ts'
import type { Service } from './service.ts'

/** A loaded Compose project. Plain data: no part of it refers to a file that was not read. */
export interface Project {
  /** Valid as a prefix of resource names: lower-case letters, digits, `-` and `_`. */
  name: string
  /** Between the parts of names that nobody gave: `_` with --compatibility. */
  separator: '-' | '_'
  /** Absolute; relative paths of the files were resolved against it. */
  workingDir: string
  /** Absolute paths (or `-` for standard input) in merge order. Included files are not listed. */
  composeFiles: string[]
  /** The dotenv files that --env-file or COMPOSE_ENV_FILES names, absolute; the project's own `.env` is none of them. */
  envFiles: string[]
  /** The variables that interpolation saw: the caller's over those of the dotenv files. */
  environment: Record<string, string>
  /** The services of this project that are enabled, by name. */
  services: Record<string, Service>
  /** Services of profiles that are not active, and those that a selection left out. */
  disabledServices: Record<string, Service>
  networks: Record<string, Network>
  volumes: Record<string, Volume>
  secrets: Record<string, Secret>
  configs: Record<string, Config>
  models: Record<string, Model>
  /** Active profiles: those asked for, and those that naming a service activated. */
  profiles: string[]
  /** The `x-*` attributes of the top level. */
  extensions: Record<string, unknown>
  /** Sentences for the reader, in the order in which loading met the reasons. */
  warnings: string[]
  /** Where keys stand in the files; a project that is not from files has none. */
  places?: Places
}

/** `networks.<key>`. */
export interface Network extends NetworkAttributes {
  /** The value of the label `com.docker.compose.config-hash`, equal to Docker Compose's. */
  configHash: string
}

/** `volumes.<key>`. */
export interface Volume extends VolumeAttributes {
  /** The value of the label `com.docker.compose.config-hash`, equal to Docker Compose's. */
  configHash: string
}
