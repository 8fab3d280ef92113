// `config --variables`: what the files ask of their surroundings.

import { type Output, Sorted } from '../../model/attributes/kinds/kind.ts'
import { writeJson } from '../../model/config/json.ts'
import { writeYaml } from '../../model/config/yaml.ts'
import { type Variable, variablesOf } from '../../model/files/template.ts'
import { type LoadOptions, loadFiles } from '../../model/load/load.ts'
import { ComposeError } from '../../shared/errors.ts'
import { isTree, type Value } from '../../shared/yaml/tree.ts'
import type { ConfigOptions } from './options.ts'

export async function listVariables(options: ConfigOptions, load: LoadOptions, warnings: string[]): Promise<string> {
  if (options.services && options.services.length > 0)
    warnings.push(
      'service filtering is not applied when --variables is set, variables from the full model will be rendered',
    )
  const skip = [...(load.skip ?? []), 'interpolate', 'schema', 'checks'] as const
  const loaded = await loadFiles({ ...load, services: [], skip })
  warnings.push(...loaded.warnings)
  const found = new Map<string, Variable>()
  collect(loaded.model, found)
  return print(
    [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    options.format ?? '',
  )
}

function collect(value: Value, into: Map<string, Variable>): void {
  if (typeof value === 'string') for (const variable of variablesOf(value)) into.set(variable.name, variable)
  else if (Array.isArray(value)) for (const item of value) collect(item, into)
  else if (isTree(value)) for (const item of Object.values(value)) collect(item, into)
}

function print(variables: readonly Variable[], format: string): string {
  switch (format.toLowerCase()) {
    case 'json':
      return `${writeJson(byName(variables, ['Name', 'DefaultValue', 'PresenceValue', 'Required']), '    ')}\n\n`
    case 'yaml':
      return writeYaml(byName(variables, ['name', 'defaultvalue', 'presencevalue', 'required'])).replace(
        /^ +/gm,
        '    ',
      )
    case '':
    case 'table':
    case 'pretty':
      return table(variables)
  }
  throw new ComposeError(
    'invalid_argument',
    `format value ${JSON.stringify(format)} could not be parsed: parsing failed`,
  )
}

function byName(variables: readonly Variable[], keys: readonly [string, string, string, string]): Output {
  const [name, defaultValue, presenceValue, required] = keys
  return new Sorted(
    variables.map(variable => [
      variable.name,
      new Map<string, Output>([
        [name, variable.name],
        [defaultValue, variable.defaultValue],
        [presenceValue, variable.presenceValue],
        [required, variable.required],
      ]),
    ]),
  )
}

/** Columns of at least 20, three blanks apart; the last one is not padded. */
function table(variables: readonly Variable[]): string {
  const rows = [['NAME', 'REQUIRED', 'DEFAULT VALUE', 'ALTERNATE VALUE']]
  for (const { name, required, defaultValue, presenceValue } of variables)
    rows.push([name, String(required), defaultValue, presenceValue])
  const widths = [0, 1, 2].map(column => Math.max(20, ...rows.map(row => (row[column]?.length ?? 0) + 3)))
  return rows.map(row => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('')}\n`).join('')
}
