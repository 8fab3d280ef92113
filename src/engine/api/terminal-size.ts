import { ComposeError } from '../../shared/errors.ts'

/** Rows and columns; throws invalid_argument unless both are there. */
export function terminalSize({ h, w }: { h: number | undefined; w: number | undefined }): [number, number] {
  if (!h || !w) throw new ComposeError('invalid_argument', 'resize needs h and w')
  return [h, w]
}
