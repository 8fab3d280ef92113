// `scan`: what is in the images of services. A bill of materials is read from the package databases in their layers; what
// is known against those packages a scanner tells, where one is installed.
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner } from '../../cli/command.ts'
import { interruptible } from '../../cli/perform.ts'
import { warn, warnAll } from '../../cli/warn.ts'
import type { Docker } from '../../docker/client/docker.ts'
import { selectServices } from '../../model/load/load.ts'
import { type ScannerName, type Severity, scannerNames, severities } from '../../scan/scanners.ts'
import { imageOf } from '../../scheduler/observe/names.ts'
import { ComposeError } from '../../shared/errors.ts'
import { type Target, writeBills } from './bills.ts'
import { reportFindings } from './findings.ts'

const formats = ['table', 'spdx', 'cyclonedx'] as const

class Scan extends ComposeCommand {
  static override id = 'scan'
  static override group = 'Images'
  static override description =
    'List the packages in service images, and what is known against them\n\nThe packages of dpkg, apk, rpm and npm are read from the images themselves. Vulnerabilities are looked up by trivy or grype, the first that is installed.'
  static override examples = [
    { command: 'scan --severity high', description: 'Fails when something high or critical is found' },
    { command: 'scan web --format spdx -o web.spdx.json', description: 'A bill of materials' },
  ]
  static override usage = '[OPTIONS] [SERVICE...]'
  static override flags = {
    format: Flags.string({ options: formats, description: 'Only a bill of materials: table, spdx or cyclonedx' }),
    output: Flags.string({
      char: 'o',
      description: 'Write the bill of materials to a file; of several images, one each into a folder',
    }),
    scanner: Flags.string({ options: scannerNames, description: 'Scanner to use: trivy or grype' }),
    severity: Flags.string({
      options: severities,
      description: `Exit with 1 when a vulnerability is found that is at least this: ${severities.join(', ')}`,
    }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Scan)
    const loaded = await this.loadProject(this.words)
    warnAll(loaded.warnings)
    const project = selectServices(loaded, this.words, { dependencies: 'ignore' })
    const names = Object.values(project.services)
      .filter(({ provider }) => provider === undefined)
      .map(service => imageOf(project, service))
    const { signal, dispose } = interruptible()
    try {
      const docker = await this.engine(signal)
      const targets = await findImages(docker, [...new Set(names)].sort(), signal)
      const wantsBill = flags.format !== undefined || flags.output !== undefined
      if (wantsBill)
        await writeBills({ ...asked(flags), docker, targets, signal, dryRun: this.globals.dryRun ?? false })
      if (wantsBill && flags.severity === undefined && flags.scanner === undefined) return 0
      const { scanner, severity } = asked(flags)
      const found = await reportFindings({ docker, targets, scanner, severity, signal })
      if (found !== undefined) return found
      warn('no scanner is installed: install trivy or grype to have vulnerabilities looked up; here are the packages')
      await writeBills({ format: 'table', output: undefined, docker, targets, signal, dryRun: false })
      return 0
    } finally {
      dispose()
    }
  }
}

/** oclif has checked them against their options. */
function asked(flags: {
  format?: string | undefined
  output?: string | undefined
  scanner?: string | undefined
  severity?: string | undefined
}) {
  return {
    format: (flags.format ?? 'table') as (typeof formats)[number],
    output: flags.output,
    scanner: flags.scanner as ScannerName | undefined,
    severity: flags.severity as Severity | undefined,
  }
}

async function findImages(docker: Docker, names: readonly string[], abortSignal: AbortSignal): Promise<Target[]> {
  return Promise.all(
    names.map(async name => {
      try {
        const { Id = '' } = await docker.getImage(name).inspect({ abortSignal })
        return { name, id: Id }
      } catch (error) {
        if (!(error instanceof ComposeError) || error.code !== 'not_found') throw error
        throw new ComposeError('not_found', `image ${name} is not here`, {
          hint: 'tsc-compose pull or tsc-compose build brings it',
          cause: error,
        })
      }
    }),
  )
}

export const run = runner(Scan)
