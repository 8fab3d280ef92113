// Kinds that several tables share.
import { listOf } from '../kinds/collection.ts'
import type { Kind, Present } from '../kinds/kind.ts'
import { always, shown, text } from '../kinds/scalar.ts'

export const texts = listOf(text)

/** A text that is always in the Project. */
export const needed = always(text, '')

/** A text that is printed even when it is empty. */
export const shownText = shown(text, '', String)

/** A word of an enumeration: the schema let no other through. */
export const word = <T extends string>(): Kind<T> => text as unknown as Kind<T>

/** One that the schema demands. */
export const neededWord = <T extends string>(): Present<T> => needed as unknown as Present<T>
