// Scanners that look vulnerabilities up: each is a program with arguments and a reader of what it prints. None ships
// with us.
import { spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { ComposeError, messageOf } from '../shared/errors.ts'
import { findProgram, pathFolders } from '../shared/programs.ts'
import { readTar } from '../shared/tar/read.ts'

/** From harmless to worst. */
export const severities = ['unknown', 'negligible', 'low', 'medium', 'high', 'critical'] as const
export type Severity = (typeof severities)[number]

export interface Finding {
  id: string
  severity: Severity
  package: string
  version: string
  /** Versions in which it is mended. */
  fixed: string
}

interface Scanner {
  /** `isLayout`: the archive is an OCI layout too. */
  args(archive: string, isLayout: boolean): string[]
  read(output: unknown): Finding[]
}

/** The first that is installed is taken. */
export const scanners = {
  trivy: {
    args: archive => ['image', '--quiet', '--scanners', 'vuln', '--format', 'json', '--input', archive],
    read: output =>
      list(output, 'Results').flatMap(result =>
        list(result, 'Vulnerabilities').map(one => ({
          id: word(one, 'VulnerabilityID'),
          severity: severityOf(word(one, 'Severity')),
          package: word(one, 'PkgName'),
          version: word(one, 'InstalledVersion'),
          fixed: word(one, 'FixedVersion'),
        })),
      ),
  },
  grype: {
    args: (archive, isLayout) => ['--quiet', '--output', 'json', `${isLayout ? 'oci' : 'docker'}-archive:${archive}`],
    read: output =>
      list(output, 'matches').map(match => {
        const { vulnerability, artifact } = record(match)
        return {
          id: word(vulnerability, 'id'),
          severity: severityOf(word(vulnerability, 'severity')),
          package: word(artifact, 'name'),
          version: word(artifact, 'version'),
          fixed: list(record(vulnerability).fix, 'versions').map(String).join(', '),
        }
      }),
  },
} satisfies Record<string, Scanner>

export type ScannerName = keyof typeof scanners

export const scannerNames = Object.keys(scanners) as ScannerName[] // of the object above

/** The one that is asked for, or the first on PATH. */
export function findScanner(wanted: ScannerName | undefined, path: string): ScannerName | undefined {
  return scannerNames.find(name => (wanted ?? name) === name && findProgram(name, pathFolders(path)))
}

/** The worst first. What the scanner says beside its result goes to our standard error. */
export async function runScanner(name: ScannerName, archive: string, signal: AbortSignal): Promise<Finding[]> {
  const scanner: Scanner = scanners[name]
  const args = scanner.args(archive, await isLayout(archive))
  const output = await outputOf(name, args, signal)
  let parsed: unknown
  try {
    parsed = JSON.parse(output)
  } catch (cause) {
    throw new ComposeError('unknown', `${name} did not answer with JSON: ${messageOf(cause)}`, {
      hint: `${name} ${args.slice(0, -1).join(' ')} must print it`,
      cause,
    })
  }
  const rank = ({ severity }: Finding) => severities.indexOf(severity)
  return scanner.read(parsed).sort((a, b) => rank(b) - rank(a) || (a.id + a.package < b.id + b.package ? -1 : 1))
}

/** At `least` or above; what the scanner has no word for counts as the least. */
export const isSevere = ({ severity }: Finding, least: Severity): boolean =>
  severities.indexOf(severity) >= severities.indexOf(least)

async function isLayout(archive: string): Promise<boolean> {
  for await (const { entry } of readTar(createReadStream(archive))) if (entry.name === 'oci-layout') return true
  return false
}

function outputOf(file: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'], signal })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    child.on('error', cause =>
      reject(
        signal.aborted
          ? new ComposeError('canceled', 'canceled', { cause })
          : new ComposeError('failed_precondition', `${file} can't be run: ${messageOf(cause)}`, { cause }),
      ),
    )
    child.on('close', (code, killed) =>
      code === 0
        ? resolve(output)
        : reject(
            new ComposeError('unknown', `${file} ended with ${killed ?? `exit code ${code}`}: its own words are above`),
          ),
    )
  })
}

function severityOf(text: string): Severity {
  const lower = text.toLowerCase()
  return severities.find(one => one === lower) ?? 'unknown'
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {} // an object has such keys

function list(value: unknown, key: string): unknown[] {
  const found = record(value)[key]
  return Array.isArray(found) ? found : []
}

function word(value: unknown, key: string): string {
  const found = record(value)[key]
  return typeof found === 'string' ? found : ''
}
