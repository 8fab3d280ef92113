// What `publish` and its older name do: the project's Compose files as an OCI artifact, which -f oci:// loads.
import { ask } from '../../cli/ask.ts'
import type { ComposeCommand } from '../../cli/command.ts'
import { credentialsOf } from '../../cli/credentials-of.ts'
import { interruptible, perform } from '../../cli/perform.ts'
import type { PublishedFile } from '../../cli/publish/artifact.ts'
import { openTeller } from '../../cli/told-container.ts'
import { warnAll } from '../../cli/warn.ts'
import type { Project } from '../../model/project/project.ts'
import { enableServices } from '../../model/project/select.ts'
import { observe } from '../../scheduler/observe/observe.ts'
import { planPush } from '../../scheduler/plan/plan-push.ts'
import { ComposeError } from '../../shared/errors.ts'
import { parseReference } from '../../shared/image-reference.ts'
import { packageVersion } from '../../shared/version.ts'
import { configAnswer } from '../config/answer.ts'
import { publishQuestions, refuseUnpullable } from './consents.ts'
import { projectFiles } from './project-files.ts'
import type { PublishFlags } from './publish-flags.ts'

export async function publishProject(command: ComposeCommand, flags: PublishFlags): Promise<number> {
  if (command.words.length !== 1)
    throw new ComposeError('invalid_argument', "'tsc-compose publish' requires 1 argument")
  const [repository = ''] = command.words
  const reference = parseReference(repository)
  if (reference.digest) throw new ComposeError('invalid_argument', `${repository}: a digest can't be chosen`)
  const loaded = await command.loadProject()
  warnAll(loaded.warnings)
  // All profiles are published.
  const project = enableServices(loaded, Object.keys(loaded.disabledServices))
  refuseUnpullable(project)
  const found = projectFiles(project)
  const withEnv = flags['with-env']
  const { signal, dispose } = interruptible()
  try {
    if (!flags.yes)
      for (const question of publishQuestions(project, found, { withEnv }))
        if (!(await ask(question, signal))) throw new ComposeError('canceled', 'canceled')
    const files = found.files.filter(({ kind }) => kind !== 'environment' || withEnv)
    if (flags['resolve-image-digests']) files.push(await digestFile(command, signal))
    await pushImages(command, project, signal)
    if (command.globals.dryRun) {
      for (const { kind, name, path } of files)
        process.stdout.write(`publish ${kind} file ${path || name} as ${name}\n`)
      if (flags.app) for (const image of imagesOf(project)) process.stdout.write(`copy image ${image}\n`)
      return 0
    }
    const teller = await openTeller(command)
    teller.working(repository, 'publishing')
    const { sendProject } = await import('../../cli/publish/send.ts')
    await sendProject({
      repository,
      files,
      images: flags.app ? imagesOf(project) : undefined,
      ociVersion: flags['oci-version'],
      insecure: flags['insecure-registry'],
      version: packageVersion(),
      env: process.env,
      signal,
    }).catch(error => {
      teller.working(repository, 'publishing')
      throw error
    })
    teller.done(repository, 'published')
    return 0
  } finally {
    dispose()
  }
}

const imagesOf = ({ services }: Project): string[] => [
  ...new Set(Object.values(services).flatMap(({ image }) => image ?? [])),
]

/** What is built goes first; what isn't there is left out, and told. */
async function pushImages(command: ComposeCommand, project: Project, signal: AbortSignal): Promise<void> {
  const planned = planPush(project, { quiet: false, ignoreFailures: true })
  const builds = planned.plan.some(({ operation }) => operation.type === 'pushImage')
  if (!builds) {
    const teller = await openTeller(command)
    for (const { operation } of planned.plan) if (operation.type === 'report') teller.done(operation.id, operation.text)
    return
  }
  await command.withEngine(signal, async docker => {
    const observed = await observe(docker, { projectName: project.name, images: [], abortSignal: signal })
    await perform({ command, docker, projectName: project.name, observed, planned, signal })
  })
}

/** An override with the digest of each image. */
async function digestFile(command: ComposeCommand, signal: AbortSignal): Promise<PublishedFile> {
  const { stdout, stderr, exit } = await configAnswer({
    ...command.loadOptions([]),
    profiles: ['*'],
    lockImageDigests: true,
    digestOf: image =>
      command.withEngine(signal, async docker => {
        const authconfig = await credentialsOf(image, process.env)
        const { Descriptor } = await docker.getImage(image).distribution({ authconfig, abortSignal: signal })
        return Descriptor.digest ?? ''
      }),
  })
  if (exit !== 0) throw new ComposeError('unavailable', stderr.trim())
  return { kind: 'compose', name: 'image-digests.yaml', path: '', content: stdout }
}
