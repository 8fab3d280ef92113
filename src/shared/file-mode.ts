// Permission bits as chmod(1) takes them: octal digits, or symbols such as `u+rwx,go=rX`.
import { ComposeError } from './errors.ts'

interface Before {
  mode: number
  isDirectory(): boolean
}

const bits = { r: 4, w: 2, x: 1 } as const
const shifts = { u: 6, g: 3, o: 0 } as const

/** The new bits of a file that has those of `before`. Throws invalid_argument. */
export function applyMode(text: string, before: Before): number {
  if (/^[0-7]{1,4}$/.test(text)) return Number.parseInt(text, 8)
  return text.split(',').reduce((mode, clause) => applyClause(clause, mode, before), before.mode & 0o7777)
}

/** Throws what applyMode() would. */
export function checkMode(text: string): void {
  applyMode(text, { mode: 0, isDirectory: () => false })
}

function applyClause(clause: string, mode: number, before: Before): number {
  const match = /^([ugoa]*)((?:[-+=](?:[ugo]|[rwxXst]*))+)$/.exec(clause)
  if (!match)
    throw new ComposeError('invalid_argument', `invalid file mode "${clause}"`, { hint: 'such as 755 or u+x,go=r' })
  const [, who = '', actions = ''] = match
  const classes = (who === '' || who.includes('a') ? ['u', 'g', 'o'] : [...new Set(who)]) as ('u' | 'g' | 'o')[] // the expression has no other letters
  let result = mode
  for (const [, operator = '', what = ''] of actions.matchAll(/([-+=])([ugo]|[rwxXst]*)/g)) {
    for (const name of classes) {
      const shift = shifts[name]
      const wanted = permissions(what, result, before) << shift
      const special = specialBits(what, name)
      if (operator === '=') result = (result & ~((7 << shift) | specialOf(name))) | wanted | special
      else if (operator === '+') result |= wanted | special
      else result &= ~(wanted | special)
    }
  }
  return result
}

function permissions(what: string, mode: number, before: Before): number {
  if (/^[ugo]$/.test(what)) return (mode >> shifts[what as 'u' | 'g' | 'o']) & 7 // just tested
  let found = 0
  for (const letter of what) {
    if (letter === 'r' || letter === 'w' || letter === 'x') found |= bits[letter]
    else if (letter === 'X' && (before.isDirectory() || (before.mode & 0o111) !== 0)) found |= 1
  }
  return found
}

const specialOf = (name: 'u' | 'g' | 'o') => ({ u: 0o4000, g: 0o2000, o: 0o1000 })[name]

/** `s` is of user and group, `t` of all. */
const specialBits = (what: string, name: 'u' | 'g' | 'o') =>
  (what.includes('s') && name !== 'o') || (what.includes('t') && name === 'o') ? specialOf(name) : 0
