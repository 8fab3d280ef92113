// Kinds of flags that oclif has no word for, as Docker's parser reads them.
import * as Flags from '@oclif/core/flags'
import { ComposeError } from '../shared/errors.ts'

interface Described {
  description: string
  char?: 'a' | 'c' | 'e' | 'l' | 'n' | 'p' | 't' | 'v'
  aliases?: string[]
  hidden?: boolean
  helpGroup?: string
}

/** May be there several times, each with one value. */
export function list({ helpValue = 'stringArray', ...described }: Described & { helpValue?: string }) {
  return Flags.string({ ...described, helpValue, multiple: true, multipleNonGreedy: true, default: [] })
}

/** An integer, with the peer's words for what is none. */
export function integer(name: string, described: Described) {
  return Flags.custom<number>({
    ...described,
    helpValue: 'int',
    async parse(text) {
      if (/^[+-]?\d+$/.test(text)) return Number(text)
      const flag = described.char ? `-${described.char}, --${name}` : `--${name}`
      throw new ComposeError(
        'invalid_argument',
        `invalid argument "${text}" for "${flag}" flag: strconv.ParseInt: parsing "${text}": invalid syntax`,
      )
    },
  })()
}
