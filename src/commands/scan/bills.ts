// Bills of materials of images, one after the other: to the reader, or into files.
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { warn } from '../../cli/warn.ts'
import type { Docker } from '../../docker/client/docker.ts'
import { type BillOptions, entriesOf, type ScannedImage } from '../../scan/bill.ts'
import { cyclonedxDocument } from '../../scan/cyclonedx.ts'
import { inventoryOf } from '../../scan/databases.ts'
import { imageFiles } from '../../scan/image-files.ts'
import { spdxDocument } from '../../scan/spdx.ts'
import { ComposeError, messageOf } from '../../shared/errors.ts'
import { packageVersion } from '../../shared/version.ts'
import { formatTable } from '../../ui/table.ts'

/** An image that the engine has. */
export interface Target {
  name: string
  id: string
}

type Format = 'table' | 'spdx' | 'cyclonedx'

export interface BillsOptions {
  docker: Docker
  targets: readonly Target[]
  format: Format
  output: string | undefined
  dryRun: boolean
  signal: AbortSignal
}

export async function writeBills({ docker, targets, format, output, dryRun, signal }: BillsOptions): Promise<void> {
  const toFolder = output !== undefined && (targets.length > 1 || isFolder(output))
  if (output === undefined && format !== 'table' && targets.length > 1)
    throw new ComposeError('invalid_argument', `${targets.length} images make as many documents`, {
      hint: 'name one service, or a folder: -o FOLDER',
    })
  for (const target of targets) {
    const path = toFolder ? join(output, `${target.name.replace(/[^\w.-]+/g, '-')}${endings[format]}`) : output
    if (path !== undefined && dryRun) {
      process.stderr.write(`Would write ${path}\n`)
      continue
    }
    const files = await imageFiles(await docker.getImage(target.name).get({ abortSignal: signal }))
    const inventory = inventoryOf(files)
    for (const text of inventory.warnings) warn(`${target.name}: ${text}`)
    const text = billText({ ...target, inventory }, format)
    if (path === undefined) process.stdout.write(text)
    else {
      if (toFolder) mkdirSync(output, { recursive: true })
      writeBill(path, text)
    }
  }
}

function writeBill(path: string, text: string): void {
  try {
    writeFileSync(path, text)
  } catch (cause) {
    throw new ComposeError('failed_precondition', `the bill of materials can't be written: ${messageOf(cause)}`, {
      path,
      cause,
    })
  }
}

const endings: Record<Format, string> = { table: '.txt', spdx: '.spdx.json', cyclonedx: '.cdx.json' }

function isFolder(path: string): boolean {
  return path.endsWith('/') || statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

function billText(image: ScannedImage, format: Format): string {
  const options: BillOptions = { created: moment(), version: packageVersion() }
  switch (format) {
    case 'spdx':
      return `${JSON.stringify(spdxDocument(image, options), undefined, 2)}\n`
    case 'cyclonedx':
      return `${JSON.stringify(cyclonedxDocument(image, options), undefined, 2)}\n`
    case 'table':
      return packageTable(image)
  }
}

/** SOURCE_DATE_EPOCH is for documents that are to be the same again. */
function moment(): string {
  const epoch = Number(process.env.SOURCE_DATE_EPOCH || Number.NaN)
  return new Date(Number.isFinite(epoch) ? epoch * 1000 : Date.now()).toISOString().replace(/\.\d+Z$/, 'Z')
}

function packageTable({ name, inventory }: ScannedImage): string {
  const entries = entriesOf(inventory)
  const { distribution } = inventory
  const system = distribution ? `, ${[distribution.id, distribution.version].filter(Boolean).join(' ')}` : ''
  const rows = entries.map(one => [one.name, one.version, one.kind, one.license ?? ''])
  return `${name} (${entries.length} packages${system})\n${formatTable(['PACKAGE', 'VERSION', 'KIND', 'LICENSE'], rows)}\n`
}
