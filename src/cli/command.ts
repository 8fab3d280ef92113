// What every command shares: parsing by oclif with Docker Compose's words for mistakes, the project, the engine,
// and how an error leaves the process.
import { Command } from '@oclif/core/command'
import { Config } from '@oclif/core/config'
import type { Docker } from '../docker/client/docker.ts'
import { chosenEndpoint, describeEndpoint, type Endpoint } from '../docker/client/endpoint.ts'
import { isConnectionLost } from '../docker/client/http.ts'
import type { LoadOptions } from '../model/load/load.ts'
import type { Project } from '../model/project/project.ts'
import { ComposeError, messageOf } from '../shared/errors.ts'
import { nearest } from '../shared/nearest.ts'
import { engineRoots } from '../shared/roots.ts'
import { packageVersion } from '../shared/version.ts'
import { describeError } from '../ui/describe-error.ts'
import { checkGlobals, type Globals, parallelLimit } from './globals.ts'
import { commandHelp } from './help.ts'
import { type FlagTable, splitWords } from './line.ts'
import { below, type Example, entryOf, readManifest } from './manifest.ts'
import type { ProjectTurn } from './project-turn.ts'
import { showWarnings, warn, warnAll } from './warn.ts'

export abstract class ComposeCommand extends Command {
  static override strict = false
  /** True: everything after the first argument belongs to that argument. */
  static stopAtArgument = false
  /** It is only the beginning of others. */
  static isGroup = false
  /** A heading of the list of commands; empty: it is not listed. */
  static group = ''
  static override usage = ''
  static override examples: Example[] = []
  static override flags = {}
  /** What stands on the line besides flags, in its order. */
  words: string[] = []
  globals: Globals = { files: [], envFiles: [], profiles: [], insecureRegistries: [] }

  abstract override run(): Promise<number>

  /** What the flags before the command say about the project. */
  loadOptions(services: readonly string[]): LoadOptions {
    const { files, projectName, projectDirectory, envFiles, profiles } = this.globals
    const { allResources, compatibility, insecureRegistries } = this.globals
    const { env } = process
    const named = { files, projectName, projectDirectory, envFiles, profiles, services }
    return { cwd: process.cwd(), env, ...named, allResources, compatibility, insecureRegistries }
  }

  /** The project of the current folder, or of what -f and the environment say. */
  async loadProject(services: readonly string[] = []): Promise<Project> {
    // Loaded here, since some commands need neither project nor engine.
    const { loadProject } = await import('../model/load/load.ts')
    return loadProject(this.loadOptions(services))
  }

  /**
   * With -p and without -f a command goes by what the labels say: the Compose file that happens to be in this folder
   * may be another project's. Undefined: there is no Compose file, or none to be looked at.
   */
  async loadProjectOrName(services: readonly string[] = []): Promise<{ name: string; project: Project | undefined }> {
    const named = this.globals.projectName
    if (named && this.globals.files.length === 0) return { name: named, project: undefined }
    try {
      // All services are kept: those that are not named may depend on those that are.
      const { enableServices } = await import('../model/project/select.ts')
      const project = enableServices(await this.loadProject(), services)
      warnAll(project.warnings)
      return { name: project.name, project }
    } catch (error) {
      const name = process.env.COMPOSE_PROJECT_NAME
      const absent = error instanceof ComposeError && error.code === 'not_found' && this.globals.files.length === 0
      if (absent && name) return { name, project: undefined }
      throw error
    }
  }

  /** Where the engine answers, or will once it is started. */
  get endpoint(): Endpoint {
    return chosenEndpoint(this.globals, process.env) ?? { kind: 'unix', path: engineRoots(process.env).socketPath }
  }

  async engine(signal?: AbortSignal): Promise<Docker> {
    const { openEngine } = await import('./connection.ts')
    return openEngine(this.globals, signal)
  }

  /**
   * Gives `act` an engine that answers. When the embedded engine ends meanwhile, it is started again and `act` called
   * once more: it must observe and plan anew, so that only what is left is done.
   */
  async withEngine<T>(signal: AbortSignal, act: (docker: Docker) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const docker = await this.engine(signal)
      try {
        return await act(docker)
      } catch (error) {
        if (
          !(error instanceof ComposeError) ||
          !isConnectionLost(error) ||
          attempt === engineAttempts ||
          chosenEndpoint(this.globals, process.env)
        )
          throw error
        warn(`the engine ended meanwhile (${messageOf(error)}): starting it again and going on`)
      } finally {
        docker.close()
      }
    }
  }

  /** Makes sure that the embedded engine answers again after it was lost; undefined for an engine that is not ours. */
  reviver(signal: AbortSignal): (() => Promise<void>) | undefined {
    if (chosenEndpoint(this.globals, process.env)) return undefined
    return async () => {
      const docker = await this.engine(signal)
      docker.close()
    }
  }

  /** Waits until no other command works on the project. With --dry-run nothing is changed, and nobody waited for. */
  async takeTurn(project: string, signal: AbortSignal): Promise<ProjectTurn | undefined> {
    if (this.globals.dryRun) return undefined
    const { takeTurn } = await import('./project-turn.ts')
    const endpoint = chosenEndpoint(this.globals, process.env)
    const engine = endpoint ? describeEndpoint(endpoint) : engineRoots(process.env).runRoot
    const command = this.ctor.id
    return takeTurn({ engine, project, command, signal, onWait: text => process.stderr.write(`${text}\n`) })
  }

  /** The whole of a command that changes a project, in its turn. */
  async inTurn<T>(project: string, signal: AbortSignal, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const turn = await this.takeTurn(project, signal)
    try {
      return await act(turn ? AbortSignal.any([signal, turn.signal]) : signal)
    } catch (error) {
      throw turn?.ended() ?? error
    } finally {
      turn?.release()
    }
  }

  /** With --dry-run says what would be done, and is true: for what is one step and needs no plan. */
  rehearsed(what: string): boolean {
    if (!this.globals.dryRun) return false
    process.stdout.write(`${what}\n`)
    return true
  }

  get parallel(): number {
    const limit = parallelLimit(this.globals, process.env)
    // The engine works on a few containers at a time; more requests than this only wait there.
    return limit > 0 ? limit : 32
  }
}

/** An engine that ends more often than this within one command has a reason that starting it again does not mend. */
export const engineAttempts = 5

export type CommandClass = (new (argv: string[], config: Config) => ComposeCommand) & typeof ComposeCommand

export interface Runner {
  (rest: string[], globals: Globals): Promise<number>
  /** What the build writes into the manifest. */
  command: CommandClass
}

/** What a command's bundle exports for the CLI: parses, runs, and turns errors into lines and an exit code. */
export function runner(CommandType: CommandClass): Runner {
  const run = async (rest: string[], globals: Globals): Promise<number> => {
    let line: ReturnType<typeof splitWords>
    try {
      line = splitWords(rest, { ...CommandType.flags, 'dry-run': { type: 'boolean' } }, CommandType.stopAtArgument)
    } catch (error) {
      return report(error, globals, CommandType.flags)
    }
    if (line.flags.some(word => word === '--help' || word === '-h')) {
      const entry = entryOf(CommandType)
      process.stdout.write(commandHelp(entry, CommandType.isGroup ? below(entry.id, readManifest()) : []))
      return 0
    }
    const flags = line.flags.filter(word => word !== '--dry-run')
    const dryRun = flags.length < line.flags.length
    // oclif copies a class's own statics only: an inherited one is not seen.
    CommandType.strict = false
    const config = new Config({ root: '/' })
    config.bin = 'tsc-compose'
    config.version = packageVersion()
    // Without plugins there are no hooks, and nothing of oclif's own set-up is needed.
    config.runHook = async () => ({ failures: [], successes: [] })
    try {
      checkGlobals(globals, process.env)
      showWarnings(!globals.noWarnings)
      const command = new CommandType(flags, config)
      command.words = line.words
      command.globals = dryRun ? { ...globals, dryRun } : globals
      return await command.run()
    } catch (error) {
      return report(error, globals, CommandType.flags)
    }
  }
  return Object.assign(run, { command: CommandType })
}

/** 130 for what was interrupted, 1 for all else; a bug of ours shows its stack. */
function report(error: unknown, globals: Globals, flags: FlagTable): number {
  if (error instanceof ComposeError && error.code === 'canceled') {
    process.stderr.write('\n')
    return 130
  }
  const usage = usageText(error, flags)
  if (usage !== undefined) {
    process.stderr.write(`${usage}\n`)
    return 1
  }
  if (globals.progress === 'json') {
    const { path, hint, details } = error instanceof ComposeError ? error : {}
    process.stderr.write(`${JSON.stringify({ error: true, message: messageOf(error), path, hint, details })}\n`)
    return 1
  }
  process.stderr.write(describeError(error))
  const bug = !(error instanceof ComposeError) || error.code === 'internal'
  if ((bug || globals.debug) && error instanceof Error) process.stderr.write(`${error.stack}\n`)
  return 1
}

/** oclif's mistakes in Docker Compose's words. */
function usageText(error: unknown, flags: FlagTable): string | undefined {
  if (!(error instanceof Error)) return undefined
  if ('flags' in error && Array.isArray(error.flags)) {
    const flag = String(error.flags[0]).replace(/=.*/, '')
    if (!flag.startsWith('--')) return `unknown shorthand flag: '${flag[1]}' in ${flag}`
    const meant = nearest(flag.slice(2), Object.keys(flags))
    return `unknown flag: ${flag}${meant === undefined ? '' : `\n  Did you mean --${meant}?`}`
  }
  const missing = /^Flag (--\S+) expects a value/.exec(error.message)?.[1]
  if (missing) return `flag needs an argument: ${missing}`
  const parsing = /^Parsing --\S+ \n\t([\s\S]*?)(?:\nSee more help with --help)?$/.exec(error.message)?.[1]
  if (parsing) return parsing
  return 'oclif' in error ? error.message.replace(/\nSee more help with --help$/, '') : undefined
}

/** Of a container whose logging driver keeps nothing that could be read: the others' logs are shown all the same. */
export function warnUnreadable(name: string, error: ComposeError): void {
  warn(`Can't retrieve logs for "${name}": Error response from daemon: ${error.message}`)
}

/** Names must be the project's; nothing is touched when one is not. */
export function checkServices(project: Project, names: readonly string[]): void {
  for (const name of names) {
    if (!(name in project.services)) throw new ComposeError('not_found', `no such service: ${name}`)
  }
}

/** For commands that only look: as with Docker Compose a name that nobody has is no failure, but it is told. */
export function warnOfStrangers(project: Project, names: readonly string[]): void {
  for (const name of names) if (!(name in project.services)) warn(`no such service: ${name}`)
}

export function isTrue(value: string | undefined): boolean {
  return value !== undefined && /^(1|t|true|y|yes|on)$/i.test(value)
}
