// What a scanner finds in images, as tables. The scanner is given an archive of each, which it reads itself.
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Docker } from '../../docker/client/docker.ts'
import {
  type Finding,
  findScanner,
  isSevere,
  runScanner,
  type ScannerName,
  type Severity,
  severities,
} from '../../scan/scanners.ts'
import { ComposeError } from '../../shared/errors.ts'
import { formatTable } from '../../ui/table.ts'
import type { Target } from './bills.ts'

export interface FindingsOptions {
  docker: Docker
  targets: readonly Target[]
  scanner: ScannerName | undefined
  severity: Severity | undefined
  signal: AbortSignal
}

/** The exit code; undefined where no scanner is installed and none was asked for. */
export async function reportFindings(options: FindingsOptions): Promise<number | undefined> {
  const { docker, targets, scanner, severity, signal } = options
  const name = findScanner(scanner, process.env.PATH ?? '')
  if (name === undefined) {
    if (scanner === undefined && severity === undefined) return undefined
    throw new ComposeError('failed_precondition', `${scanner ?? 'no scanner'} is ${scanner ? 'not ' : ''}installed`, {
      hint: 'install trivy (https://trivy.dev) or grype (https://github.com/anchore/grype); --format lists packages without one',
    })
  }
  let severe = 0
  const folder = mkdtempSync(join(tmpdir(), 'tsc-scan-'))
  try {
    for (const target of targets) {
      const archive = join(folder, 'image.tar')
      await pipeline(await docker.getImage(target.name).get({ abortSignal: signal }), createWriteStream(archive), {
        signal,
      })
      const findings = await runScanner(name, archive, signal)
      process.stdout.write(findingsTable(target, findings))
      severe += severity === undefined ? 0 : findings.filter(one => isSevere(one, severity)).length
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  if (severe === 0) return 0
  process.stderr.write(`${severe} found that ${severe === 1 ? 'is' : 'are'} at least ${severity}\n`)
  return 1
}

function findingsTable({ name }: Target, findings: readonly Finding[]): string {
  const counts = severities
    .map(severity => [severity, findings.filter(one => one.severity === severity).length] as const)
    .filter(([, count]) => count > 0)
    .reverse()
    .map(([severity, count]) => `${count} ${severity}`)
  if (counts.length === 0) return `${name} (nothing found)\n\n`
  const rows = findings.map(one => [one.id, one.severity, one.package, one.version, one.fixed])
  return `${name} (${counts.join(', ')})\n${formatTable(['ID', 'SEVERITY', 'PACKAGE', 'VERSION', 'FIXED'], rows)}\n`
}
