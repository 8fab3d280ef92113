// Small corrections of a command's words before oclif parses them.
import { ComposeError } from '../shared/errors.ts'

/** The part of oclif's flag definitions that matters here. */
export type FlagTable = Record<string, { type: string; char?: string | undefined; allowNo?: boolean | undefined }>

/** `--wait=false`, which oclif does not know for switches: true keeps the switch, false takes it away or negates it. */
export function booleanValues(words: readonly string[], flags: FlagTable): string[] {
  const end = words.indexOf('--')
  return words.flatMap((word, index) => {
    const [, name = '', value = ''] = /^--([\w-]+)=(.*)$/s.exec(word) ?? []
    const flag = flags[name]
    if (flag?.type !== 'boolean' || (end >= 0 && index > end)) return [word]
    if (/^(true|1|t)$/i.test(value)) return [`--${name}`]
    if (!/^(false|0|f)$/i.test(value)) throw notBoolean(name, flag.char, value)
    return flag.allowNo ? [`--no-${name}`] : []
  })
}

/** In the words of Docker Compose's parser. */
function notBoolean(name: string, char: string | undefined, value: string): ComposeError {
  const flag = char === undefined ? `--${name}` : `-${char}, --${name}`
  const problem = `strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`
  return new ComposeError('invalid_argument', `invalid argument "${value}" for "${flag}" flag: ${problem}`)
}

/** Puts `--` before the first word that is no flag, so that the flags after it are the container's. */
export function stopAtFirstArgument(words: readonly string[], flags: FlagTable): string[] {
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? ''
    if (word === '--') return [...words]
    if (!word.startsWith('-') || word === '-') return [...words.slice(0, index), '--', ...words.slice(index)]
    if (takesNext(word, flags)) index++
  }
  return [...words]
}

function takesNext(word: string, flags: FlagTable): boolean {
  if (word.startsWith('--')) return !word.includes('=') && flags[word.slice(2)]?.type === 'option'
  const letters = [...word.slice(1)]
  const at = letters.findIndex(letter =>
    Object.values(flags).some(flag => flag.char === letter && flag.type === 'option'),
  )
  // `-u root` takes the next word, `-uroot` has its value inside.
  return at >= 0 && at === letters.length - 1
}
