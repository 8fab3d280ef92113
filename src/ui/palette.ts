// What is coloured, and when: the only file that knows of colours. On a terminal, unless NO_COLOR or --ansi say
// otherwise (https://no-color.org); --ansi always wins over both.
import { Chalk, type ChalkInstance, supportsColor } from 'chalk'

export interface ColourRule {
  /** --ansi, COMPOSE_ANSI: `auto`, `always` or `never`. */
  ansi: string
  env: Readonly<Record<string, string | undefined>>
  stream: { isTTY?: boolean | undefined }
  /** False: the command was told to print without colours (--no-color). */
  asked?: boolean | undefined
}

export interface Palette {
  /** The colour of the n-th container: Docker Compose's order, from the start again after ten. */
  container(index: number, text: string): string
  /** What the tool itself says among the lines of containers. */
  note(text: string): string
  /** A key to press, and what it does. */
  key(key: string, text: string): string
}

const containers = [
  'cyan',
  'yellow',
  'green',
  'magenta',
  'blue',
  'cyanBright',
  'yellowBright',
  'greenBright',
  'magentaBright',
  'blueBright',
] as const satisfies readonly (keyof ChalkInstance)[]

export function isColoured({ ansi, env, stream, asked = true }: ColourRule): boolean {
  if (!asked || ansi === 'never') return false
  return ansi === 'always' || (stream.isTTY === true && !env.NO_COLOR)
}

export function palette(rule: ColourRule): Palette {
  const level = isColoured(rule) ? Math.max(1, supportsColor ? supportsColor.level : 1) : 0
  // Math.max of a level and 1 is a level.
  const chalk = new Chalk({ level: level as 0 | 1 | 2 | 3 })
  return {
    container(index, text) {
      const colour = containers[index % containers.length] ?? 'cyan'
      return chalk[colour](text)
    },
    note: text => chalk.greenBright(text),
    key: (key, text) => `${chalk.inverse(` ${key} `)} ${chalk.dim(text)}`,
  }
}
