// `bridge convert`: the project goes as one file into a container of an image that converts; what that writes is the
// answer.

import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import * as Flags from '@oclif/core/flags'
import { ask } from '../../cli/ask.ts'
import { attachedContainer, codeOf } from '../../cli/attached/attached-container.ts'
import { chosenDetachKeys } from '../../cli/attached/detach-keys.ts'
import { ComposeCommand, runner } from '../../cli/command.ts'
import { list } from '../../cli/flags.ts'
import { interruptible } from '../../cli/perform.ts'
import { warnAll } from '../../cli/warn.ts'
import type { Docker } from '../../docker/client/docker.ts'
import { completeProjectYaml } from '../../model/config/project.ts'
import { throwFromDaemon } from '../../scheduler/execute/told.ts'
import { ComposeError, isErrno } from '../../shared/errors.ts'
import { completeProject } from './complete-project.ts'
import { defaultTransformer, presentImage } from './transformer.ts'

class Convert extends ComposeCommand {
  static override id = 'bridge convert'
  static override description = 'Convert compose files to Kubernetes manifests, Helm charts, or another model'
  static override examples = [
    { command: 'bridge convert', description: 'Manifests for Kubernetes, into the folder out' },
    { command: 'bridge convert -t my/transformer -o chart', description: 'By another image, into another folder' },
  ]
  static override usage = '[OPTIONS]'
  static override flags = {
    output: Flags.string({
      char: 'o',
      default: 'out',
      description: 'The output directory for the Kubernetes resources',
    }),
    templates: Flags.string({ description: 'Directory containing transformation templates' }),
    transformation: list({
      char: 't',
      description: `Transformation to apply to compose model (default: ${defaultTransformer})`,
    }),
    yes: Flags.boolean({ char: 'y', description: 'Assume "yes" where the output directory is not empty' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Convert)
    const loaded = await this.loadProject()
    warnAll(loaded.warnings)
    const transformers = flags.transformation.length > 0 ? flags.transformation : [defaultTransformer]
    const output = resolve(flags.output)
    if (this.globals.dryRun) {
      process.stdout.write(transformers.map(image => `run ${image} with the project, into ${output}\n`).join(''))
      return 0
    }
    const { signal, dispose } = interruptible()
    const input = mkdtempSync(join(tmpdir(), 'compose-convert-'))
    try {
      const docker = await this.engine(signal)
      const say = (line: string) => void process.stdout.write(`${line}\n`)
      const project = await completeProject(docker, loaded, say, signal)
      writeFileSync(join(input, 'compose.yaml'), completeProjectYaml(project), { mode: 0o600 })
      const binds = [`${input}:/in`, `${output}:/out`]
      if (flags.templates) binds.push(`${resolve(flags.templates)}:/templates`)
      // Nothing is deleted for a conversion that can't be.
      for (const image of transformers) await presentImage(docker, image, say, signal)
      await emptyFolder(output, flags.yes, signal)
      for (const image of transformers) {
        const code = await transform(docker, image, binds, signal)
        if (code !== 0) return code
      }
      return 0
    } finally {
      rmSync(input, { recursive: true, force: true })
      dispose()
    }
  }
}

/** Gives the exit code of the container, whose output is shown. */
async function transform(docker: Docker, Image: string, Binds: string[], signal: AbortSignal): Promise<number> {
  const container = await docker
    .createContainer({
      Image,
      Env: ['LICENSE_AGREEMENT=true'],
      User: String(process.getuid?.() ?? 0),
      HostConfig: { Binds, AutoRemove: true },
      abortSignal: signal,
    })
    .catch(throwFromDaemon)
  const result = await attachedContainer(docker, container.id, {
    tty: false,
    interactive: false,
    autoRemove: true,
    detachKeys: chosenDetachKeys(),
    proxySignals: true,
    revive: undefined,
    start: () =>
      container.start().catch(async error => {
        await container.remove({ force: true, v: true }).catch(() => {})
        throwFromDaemon(error)
      }),
  })
  return codeOf(result)
}

/** A folder that has something in it is emptied only by who says so: it may be anything. */
async function emptyFolder(folder: string, assumeYes: boolean, signal: AbortSignal): Promise<void> {
  if (entriesOf(folder).length > 0) {
    const question = `Output directory '${folder}' is not empty, all its content will be permanently deleted. Continue?`
    if (!assumeYes && !(await ask(question, signal)))
      throw new ComposeError('failed_precondition', `deletion of output directory '${folder}' was not confirmed`, {
        hint: 'name another with -o, or say -y',
      })
    rmSync(folder, { recursive: true })
  }
  mkdirSync(folder, { recursive: true })
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return []
    throw new ComposeError('invalid_argument', `cannot read output folder: ${folder}`, { path: folder, cause: error })
  }
}

export const run = runner(Convert)
