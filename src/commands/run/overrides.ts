// What the flags of `run` change of its service.
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { splitCommand } from '../../model/attributes/command.ts'
import { Problems } from '../../model/attributes/kinds/kind.ts'
import { parsePort } from '../../model/attributes/port.ts'
import { makePorts } from '../../model/attributes/shapes/network.ts'
import { splitVolume } from '../../model/attributes/volume.ts'
import { readEnvFiles } from '../../model/files/env-files.ts'
import { fileSystem } from '../../model/files/source.ts'
import type { Project } from '../../model/project/project.ts'
import { type Service, withChanges } from '../../model/project/service.ts'
import { expandHome } from '../../model/stages/paths.ts'
import { ComposeError } from '../../shared/errors.ts'

export interface RunFlags {
  'cap-add': string[]
  'cap-drop': string[]
  entrypoint: string | undefined
  env: string[]
  'env-from-file': string[]
  label: string[]
  publish: string[]
  'service-ports': boolean
  user: string | undefined
  volume: string[]
  workdir: string | undefined
}

/** `command`: the words behind the service; none: the service's own. */
export function overridden(
  project: Project,
  service: Service,
  flags: RunFlags,
  command: readonly string[],
  terminal: { tty: boolean; interactive: boolean },
  warn: (sentence: string) => void,
): Service {
  const entrypoint = flags.entrypoint === undefined ? undefined : splitCommand(flags.entrypoint)
  const targets = new Set(flags.volume.map(text => String(splitVolume(text).target ?? '')))
  return withChanges(service, {
    tty: terminal.tty,
    stdinOpen: terminal.interactive,
    // A new entrypoint does away with the command, which was written for the old one.
    ...(entrypoint ? { entrypoint, command: [] } : {}),
    ...(command.length > 0 ? { command: [...command] } : {}),
    ...(flags.user === undefined ? {} : { user: flags.user }),
    ...(flags.workdir === undefined ? {} : { workingDir: flags.workdir }),
    capAdd: [...service.capAdd, ...flags['cap-add']],
    capDrop: [...service.capDrop, ...flags['cap-drop']],
    environment: { ...service.environment, ...variablesOf(project, flags, warn) },
    labels: { ...service.labels, ...pairs(flags.label) },
    ports: flags['service-ports'] ? service.ports : portsOf(flags.publish),
    volumes: service.volumes.filter(({ target }) => !targets.has(target ?? '')),
  })
}

/** Of the files first, then of -e; a name alone has the caller's value, or the project's. */
function variablesOf(
  project: Project,
  flags: RunFlags,
  warn: (sentence: string) => void,
): Record<string, string | null> {
  const files = flags['env-from-file'].map(file => resolve(file))
  const named = flags.env.map((entry): [string, string | null] => {
    const equals = entry.indexOf('=')
    return equals < 0
      ? [entry, process.env[entry] ?? project.environment[entry] ?? null]
      : [entry.slice(0, equals), entry.slice(equals + 1)]
  })
  return { ...readEnvFiles(files, project.environment, fileSystem(), warn), ...Object.fromEntries(named) }
}

function pairs(entries: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    entries.map(entry => {
      const equals = entry.indexOf('=')
      if (equals < 0) throw new ComposeError('invalid_argument', 'label must be set as KEY=VALUE')
      return [entry.slice(0, equals), entry.slice(equals + 1)]
    }),
  )
}

function portsOf(entries: readonly string[]): Service['ports'] {
  const problems = new Problems(() => {})
  const ports = makePorts().decode(entries.flatMap(parsePort), 'publish', problems)
  problems.throwIfAny()
  return ports ?? []
}

/** As the engine takes them: a path from here, a volume of the project by its own name. */
export function bindsOf(project: Project, entries: readonly string[]): string[] {
  return entries.map(text => {
    const { type, source, target } = splitVolume(text)
    if (typeof source !== 'string' || source === '') return String(target ?? '')
    const named = type === 'volume' ? (project.volumes[source]?.name ?? source) : resolve(expandHome(source, homedir()))
    return `${named}${text.slice(source.length)}`
  })
}
