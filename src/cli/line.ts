// The words of a command, split by where they stand: flags go to oclif, the others are the command's. (oclif sorts
// arguments by where an equal word stands first, so that `sh -c a -c b` would come out otherwise than it went in.)
import { ComposeError } from '../shared/errors.ts'

/** The part of oclif's flag definitions that matters here. */
export type FlagTable = Record<string, FlagKind>

interface FlagKind {
  type: string
  char?: string | undefined
  aliases?: readonly string[] | undefined
  allowNo?: boolean | undefined
}

export interface SplitWords {
  /** Flags, each with its value. */
  flags: string[]
  /** What is no flag, in its order. */
  words: string[]
}

/**
 * `--` ends the flags, and where everything behind the first argument belongs to that argument (`exec`, `run`), so does
 * the first word that is none.
 */
export function splitWords(line: readonly string[], table: FlagTable, stopAtArgument: boolean): SplitWords {
  const flags: string[] = []
  const words: string[] = []
  for (let index = 0; index < line.length; index++) {
    const word = line[index] ?? ''
    if (word === '--') return { flags, words: [...words, ...line.slice(index + 1)] }
    if (!word.startsWith('-') || word === '-') {
      if (stopAtArgument) return { flags, words: line.slice(index) }
      words.push(word)
      continue
    }
    flags.push(...booleanValue(word, table))
    const value = line[index + 1]
    if (takesNext(word, table) && value !== undefined) {
      flags.push(value)
      index++
    }
  }
  return { flags, words }
}

/** `--wait=false`, which oclif does not know for switches: true keeps the switch, false takes it away or negates it. */
function booleanValue(word: string, table: FlagTable): string[] {
  const [, long, short, value = ''] = /^(?:--([\w-]+)|-(\w))=(.*)$/s.exec(word) ?? []
  const name = long ?? Object.keys(table).find(one => short !== undefined && table[one]?.char === short) ?? ''
  const flag = named(name, table)
  if (flag?.type !== 'boolean') return [word]
  if (/^(true|1|t)$/i.test(value)) return [`--${name}`]
  if (!/^(false|0|f)$/i.test(value)) throw notBoolean(name, flag.char, value)
  return flag.allowNo ? [`--no-${name}`] : []
}

const named = (name: string, table: FlagTable): FlagKind | undefined =>
  table[name] ?? Object.values(table).find(({ aliases = [] }) => aliases.includes(name))

/** In the words of Docker Compose's parser. */
function notBoolean(name: string, char: string | undefined, value: string): ComposeError {
  const flag = char === undefined ? `--${name}` : `-${char}, --${name}`
  const problem = `strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`
  return new ComposeError('invalid_argument', `invalid argument "${value}" for "${flag}" flag: ${problem}`)
}

function takesNext(word: string, table: FlagTable): boolean {
  // `-e` takes the next word, `-eA=1` and `--env=A=1` have their value inside.
  if (word.includes('=')) return false
  if (word.startsWith('--')) return named(word.slice(2), table)?.type === 'option'
  const letters = [...word.slice(1)]
  const at = letters.findIndex(letter =>
    Object.values(table).some(flag => flag.char === letter && flag.type === 'option'),
  )
  // `-u root` takes the next word, `-uroot` has its value inside.
  return at >= 0 && at === letters.length - 1
}
