// Archives that are small on their way and fill the disk. Ordinary layers grow to three times their size, and the emptiest
// that anybody means to make to a hundred times.
import { ComposeError } from '../../shared/errors.ts'

/** What is smaller unpacked is never refused. */
export const harmlessSize = 1024 ** 3
export const highestRatio = 200

/** `unpacked` bytes have come out of `packed` ones. */
export function refuseBomb(unpacked: number, packed: number): void {
  if (unpacked <= harmlessSize || unpacked <= packed * highestRatio) return
  throw new ComposeError(
    'failed_precondition',
    `an archive unpacks to more than 1 GiB and more than ${highestRatio} times its size: it is taken for an attack`,
    { hint: 'send it uncompressed if it is really meant' },
  )
}
