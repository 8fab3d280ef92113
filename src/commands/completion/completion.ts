// `completion`: a script for the caller's shell, and the answers that the script asks for.
import { ComposeCommand, runner } from '../../cli/command.ts'
import { runningEngine } from '../../cli/embedded.ts'
import { readManifest } from '../../cli/manifest.ts'
import type { Docker } from '../../docker/client/docker.ts'
import { labels } from '../../scheduler/observe/labels.ts'
import { ComposeError } from '../../shared/errors.ts'
import { engineRoots } from '../../shared/roots.ts'
import { type Completion as Answer, complete } from './candidates.ts'
import { isShell, type Shell, scripts, shells } from './scripts.ts'

class Completion extends ComposeCommand {
  static override id = 'completion'
  static override group = 'Projects'
  static override description = 'Print the completion script of a shell: bash, fish or zsh'
  static override examples = [
    { command: 'completion bash', description: 'In ~/.bashrc: source <(tsc-compose completion bash)' },
    { command: 'completion fish', description: 'In config.fish: tsc-compose completion fish | source' },
  ]
  static override usage = 'SHELL'
  static override stopAtArgument = true

  async run(): Promise<number> {
    await this.parse(Completion)
    const [shell, dashes, ...words] = this.words
    if (shell === 'docker' && dashes !== undefined) {
      process.stdout.write(forDocker(await this.told(words)))
      return 0
    }
    if (!isShell(shell))
      throw new ComposeError('invalid_argument', `completion is for ${shells.join(', ')}, not ${shell ?? 'nothing'}`)
    process.stdout.write(dashes === undefined ? scripts[shell] : await this.answer(shell, words))
    return 0
  }

  async answer(shell: Shell, words: readonly string[]): Promise<string> {
    const joined = shell === 'bash' ? joinedWords(words) : [...words]
    const told = await this.told(joined)
    // What is before it is another word to bash.
    const cut = shell === 'bash' ? Math.max(...['=', ':'].map(mark => (joined.at(-1) ?? '').lastIndexOf(mark))) + 1 : 0
    return formatted(told, cut)
  }

  told(words: readonly string[]): Promise<Answer> {
    return complete(words, readManifest(), {
      services: async globals => {
        const project = await this.projectOf(globals)
        return project ? Object.keys({ ...project.services, ...project.disabledServices }).sort() : []
      },
      profiles: async globals => {
        const project = await this.projectOf({ ...globals, profiles: ['*'] })
        return [...new Set(Object.values(project?.services ?? {}).flatMap(({ profiles }) => profiles))].sort()
      },
      projects: projectNames,
      images: imageNames,
    })
  }

  async projectOf(globals: ComposeCommand['globals']) {
    this.globals = globals
    // A file that can't be read is told when the command is run.
    return this.loadProject().catch(() => undefined)
  }
}

/** bash takes `--pull=al` and `web:/etc` apart. */
function joinedWords(words: readonly string[]): string[] {
  const joined: string[] = []
  let glued = false
  for (const word of words) {
    const isMark = word === '=' || word === ':'
    if ((isMark || glued) && joined.length > 0) joined.push(`${joined.pop()}${word}`)
    else joined.push(word)
    glued = isMark
  }
  return joined
}

/** A line for each candidate, and one for what else may stand there. */
function formatted({ candidates, files, open }: Answer, cut: number): string {
  const lines = candidates.map(({ value, description = '' }) => `${value.slice(cut)}\t${description}\n`)
  return `${lines.join('')}:${files ? ' files' : ''}${open ? ' open' : ''}\n`
}

/** As cobra answers `__complete`, which docker's own script asks: 4 is without files, 2 without a space behind it. */
function forDocker({ candidates, files, open }: Answer): string {
  const lines = candidates.map(({ value, description }) => `${value}${description ? `\t${description}` : ''}\n`)
  return `${lines.join('')}:${(files ? 0 : 4) + (open ? 2 : 0)}\n`
}

/** The engine that runs: nothing is started for a Tab. */
async function ofEngine(names: (docker: Docker) => Promise<string[]>): Promise<string[]> {
  const running = await runningEngine(engineRoots(process.env))
  if (!running) return []
  try {
    return [...new Set(await names(running.docker))].sort()
  } finally {
    running.docker.close()
  }
}

const projectNames = (): Promise<string[]> =>
  ofEngine(async docker => {
    const containers = await docker.listContainers({ all: true, filters: { label: [labels.project] } })
    return containers.flatMap(({ Labels }) => Labels?.[labels.project] ?? [])
  })

const imageNames = (): Promise<string[]> =>
  ofEngine(async docker => (await docker.listImages()).flatMap(({ RepoTags }) => RepoTags ?? []))

export const run = runner(Completion)
