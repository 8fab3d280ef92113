// One recorded case: its commands run in this process, its files where they are, and what they write kept in memory.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Answer, type AnswerOptions, configAnswer } from '../../../src/commands/config/answer.ts'
import { listings } from '../../../src/commands/config/options.ts'
import { type FileSource, fileSystem } from '../../../src/model/files/source.ts'

export const casesFolder = join(import.meta.dirname, 'cases')

const recordedPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export interface Outcome extends Answer {
  command: string
  recorded: Answer
}

/** Undefined for a command that is not `config`, or one whose arguments are wrong: known.ts names them. */
export async function runCase(name: string): Promise<(Outcome | undefined)[]> {
  const folder = join(casesFolder, name)
  const lines = (file: string) =>
    (existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8') : '')
      .split('\n')
      .filter(line => line.trim() !== '')
  const place = (text: string) => text.replaceAll('$CASE', folder)
  const env: Record<string, string> = { PATH: recordedPath, HOME: join(folder, '.home') }
  for (const line of lines('env')) {
    const equals = line.indexOf('=')
    env[line.slice(0, equals)] = place(line.slice(equals + 1))
  }
  const cwd = join(folder, lines('cwd').join('').trim())
  const written = new Map<string, string>()
  const commands = lines('cmd')
  const outcomes: (Outcome | undefined)[] = []
  for (const [index, command] of commands.entries()) {
    const suffix = commands.length > 1 ? `.${index + 1}` : ''
    const read = (file: string) => readFileSync(join(folder, file + suffix), 'utf8')
    const recorded = { stdout: read('stdout'), stderr: read('stderr'), exit: Number(read('exit')) }
    const options = parseCommand(splitWords(place(command)))
    if (options === undefined) {
      outcomes.push(undefined)
      continue
    }
    const stdin = existsSync(join(folder, 'stdin')) ? readFileSync(join(folder, 'stdin'), 'utf8') : ''
    const result = await configAnswer({
      ...options,
      cwd,
      env: { ...env },
      source: sourceOver(folder, written, stdin),
      write: (path, content) => {
        if (!existsSync(join(path, '..'))) throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' })
        written.set(path, content)
      },
    })
    const shown = (text: string) => text.replaceAll(folder, '$CASE')
    outcomes.push({ command, recorded, exit: result.exit, stdout: shown(result.stdout), stderr: shown(result.stderr) })
  }
  return outcomes
}

/** Without the files of the folders above, where a search upwards would end. */
function sourceOver(folder: string, written: ReadonlyMap<string, string>, stdin: string): FileSource {
  const disk = fileSystem()
  return {
    ...disk,
    read: path => written.get(path) ?? disk.read(path),
    kind(path) {
      if (written.has(path)) return 'file'
      return folder.startsWith(`${dirname(path)}/`) && path !== folder ? undefined : disk.kind(path)
    },
    stdin: () => stdin,
  }
}

/** As a POSIX shell, for the quotes that the cases use. */
function splitWords(command: string): string[] {
  return [...command.matchAll(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g)].map(([word]) => word.replace(/["']/g, ''))
}

const text = { type: 'string' } as const
const texts = { type: 'string', multiple: true } as const
const flag = { type: 'boolean' } as const

/** What the command line would hand over. Its own errors and other commands are not the model's. */
function parseCommand(args: string[]): Omit<AnswerOptions, 'cwd' | 'env'> | undefined {
  try {
    const { values, positionals } = parseArgs({
      // parseArgs gives flags no values.
      args: args.map(arg => (arg === '--quiet=true' ? '-q' : arg)).filter(arg => arg !== '--services=false'),
      allowPositionals: true,
      options: {
        file: { ...texts, short: 'f' },
        'project-name': { ...text, short: 'p' },
        'project-directory': text,
        workdir: text,
        'env-file': texts,
        profile: texts,
        'all-resources': flag,
        compatibility: flag,
        'dry-run': flag,
        'no-ansi': flag,
        ansi: text,
        progress: text,
        format: text,
        output: { ...text, short: 'o' },
        quiet: { ...flag, short: 'q' },
        hash: text,
        'no-interpolate': flag,
        'no-normalize': flag,
        'no-consistency': flag,
        'no-path-resolution': flag,
        'no-env-resolution': flag,
        services: flag,
        volumes: flag,
        networks: flag,
        models: flag,
        profiles: flag,
        images: flag,
        variables: flag,
        environment: flag,
      },
    })
    const [command, ...services] = positionals
    if (values.progress !== undefined && values.progress !== 'plain') return undefined
    if (command !== 'config' || args.indexOf('-f') > args.indexOf('config')) return undefined
    return {
      files: values.file,
      projectName: values['project-name'],
      projectDirectory: values['project-directory'] ?? values.workdir,
      envFiles: values['env-file'],
      profiles: values.profile,
      allResources: values['all-resources'],
      compatibility: values.compatibility,
      services,
      format: values.format,
      output: values.output,
      quiet: values.quiet,
      hash: values.hash,
      list: listings.find(name => values[name] === true),
      noInterpolate: values['no-interpolate'],
      noNormalize: values['no-normalize'],
      noConsistency: values['no-consistency'],
      noPathResolution: values['no-path-resolution'],
      noEnvResolution: values['no-env-resolution'],
    }
  } catch {
    return undefined
  }
}
