// `build`: the images of services that have `build`.
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner } from '../../cli/command.ts'
import { dockerConfig } from '../../cli/docker-config.ts'
import { list } from '../../cli/flags.ts'
import { interruptible, perform } from '../../cli/perform.ts'
import { withProxies } from '../../cli/proxies.ts'
import { warn, warnAll } from '../../cli/warn.ts'
import { ignoredAttributes } from '../../model/checks/ignored.ts'
import { selectServices } from '../../model/load/load.ts'
import { withDefaultPlatforms } from '../../model/project/platform.ts'
import { parseBytes } from '../../model/values/scalar.ts'
import { type BuildFlags, buildDraft, pushedByBuilder } from '../../scheduler/border/build-draft.ts'
import { observe } from '../../scheduler/observe/observe.ts'
import { type Plan, planBuilder } from '../../scheduler/plan/plan.ts'
import { planBuilds } from '../../scheduler/plan/plan-images.ts'
import { planPushOfBuilt } from '../../scheduler/plan/plan-push.ts'
import { ComposeError } from '../../shared/errors.ts'
import { goJson } from '../../ui/format-rows.ts'

class Build extends ComposeCommand {
  static override id = 'build'
  static override group = 'Images'
  static override description = 'Build or rebuild services'
  static override examples = [
    { command: 'build', description: 'All images that the project builds' },
    { command: 'build --no-cache --build-arg VERSION=2 web', description: 'One, from the first step on' },
  ]
  static override usage = '[OPTIONS] [SERVICE...]'
  static override flags = {
    'build-arg': list({ description: 'Set build-time variables for services' }),
    builder: Flags.string({ description: 'Set builder to use' }),
    check: Flags.boolean({ description: 'Check build configuration' }),
    memory: Flags.string({ char: 'm', description: 'Set memory limit for the build container' }),
    'no-cache': Flags.boolean({ description: 'Do not use cache when building the image' }),
    print: Flags.boolean({ description: 'Print equivalent bake file' }),
    provenance: Flags.string({ description: 'Add a provenance attestation' }),
    pull: Flags.boolean({ description: 'Always attempt to pull a newer version of the image' }),
    push: Flags.boolean({ description: 'Push service images' }),
    quiet: Flags.boolean({ char: 'q', description: 'Suppress the build output' }),
    sbom: Flags.string({ description: 'Add a SBOM attestation' }),
    ssh: Flags.string({
      description:
        "Set SSH authentications used when building service images. (use 'default' for using your default SSH Agent)",
    }),
    'with-dependencies': Flags.boolean({ description: 'Also build dependencies (transitively)' }),
    compress: Flags.boolean({ hidden: true }),
    'force-rm': Flags.boolean({ hidden: true }),
    'no-rm': Flags.boolean({ hidden: true }),
    parallel: Flags.boolean({ hidden: true }),
    progress: Flags.string({ hidden: true }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Build)
    for (const old of ['compress', 'force-rm', 'no-rm', 'parallel'] as const)
      if (flags[old]) warn(`--${old} has no effect`)
    if (flags.progress) this.globals.progress ??= flags.progress
    const loaded = await this.loadProject(this.words)
    warnAll(loaded.warnings)
    const dependencies = flags['with-dependencies'] ? 'include' : 'ignore'
    const selected = withDefaultPlatforms(selectServices(loaded, this.words, { dependencies }))
    warnAll(ignoredAttributes(selected))
    const project = withProxies(selected, this.endpoint, { config: dockerConfig(), env: process.env })
    const services = Object.values(project.services).filter(({ build }) => build)
    const wanted: BuildFlags = {
      noCache: flags['no-cache'],
      pull: flags.pull,
      args: buildArguments(flags['build-arg']),
      memory: flags.memory === undefined ? undefined : parseBytes(flags.memory),
      ssh: (flags.ssh ?? '').split(',').filter(Boolean).map(readAgent),
      provenance: flags.provenance,
      sbom: flags.sbom,
      builder: flags.builder || undefined,
      // A switch that is not there is undefined.
      push: flags.push === true,
      everyPlatform: true,
    }
    if (flags.print) {
      const drafts = services.map(service => buildDraft(project, service, wanted, []))
      const { bakeFile } = await import('../../scheduler/border/bake-file.ts')
      process.stdout.write(`${goJson(bakeFile(drafts, flags), 2)}\n`)
      return 0
    }
    if (services.length === 0) {
      warn('No services to build')
      return 0
    }
    const { signal, dispose } = interruptible()
    try {
      if (flags.check) {
        const drafts = services.map(service => buildDraft(project, service, wanted, []))
        const { checkAll } = await import('./check.ts')
        let code = 0
        await this.withEngine(signal, async docker => {
          code = await checkAll(drafts, docker, signal)
        })
        return code
      }
      await this.withEngine(signal, async docker => {
        if (flags.builder && docker.hasExtension('build'))
          throw new ComposeError('not_found', `no builder "${flags.builder}" found`, {
            hint: 'this engine builds by itself: leave --builder and BUILDX_BUILDER out',
          })
        const observed = await observe(docker, { projectName: project.name, images: [], abortSignal: signal })
        const builder = planBuilder()
        const warnings: string[] = []
        const causes = new Map(services.map(({ name }) => [name, { cause: 'build' }]))
        planBuilds(project, builder, causes, { flags: wanted, quiet: flags.quiet, warnings })
        if (flags.push) {
          if (docker.hasExtension('build')) refuseSeveralPlatforms(builder.plan)
          planPushOfBuilt(project, builder, flags.quiet)
        }
        const planned = { plan: builder.plan, warnings, consents: [] }
        await perform({ command: this, docker, projectName: project.name, observed, signal, planned })
      })
      return 0
    } finally {
      dispose()
    }
  }
}

/** Our engine makes one image: under that name a registry would have another than the file says. */
function refuseSeveralPlatforms(plan: Plan): void {
  for (const { operation } of plan)
    if (operation.type === 'buildImage' && pushedByBuilder(operation.draft))
      throw new ComposeError('not_implemented', 'an image of several platforms is not pushed by this engine', {
        path: `services.${operation.draft.services[0]}.build.platforms`,
        hint: "name one platform, or build by a Docker Engine's buildx (DOCKER_HOST)",
      })
}

/** `NAME=value`, or the name of a variable of the caller's. */
function buildArguments(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.flatMap(word => {
      const at = word.indexOf('=')
      if (at > 0) return [[word.slice(0, at), word.slice(at + 1)]]
      const value = process.env[word]
      return value === undefined ? [] : [[word, value]]
    }),
  )
}

function readAgent(text: string): { id: string; path?: string } {
  const [id = '', path] = text.split('=', 2)
  return path === undefined ? { id } : { id, path }
}

export const run = runner(Build)
