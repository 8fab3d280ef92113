// Kinds that several tables share.
import { listOf } from '../kinds/collection.ts'
import type { Kind } from '../kinds/kind.ts'
import { always, shown, text } from '../kinds/scalar.ts'

export const texts = listOf(text)

/** A text that is always in the Project. */
export const needed = always(text, '')

/** A text that is printed even when it is empty. */
export const shownText = shown(text, '', String)

/** The words of an enumeration were checked by the schema. */
export function word<T extends string>(): Kind<T> {
  return needed as unknown as Kind<T>
}
