// A container that asks for a platform gets an image of it, or an error.

import { parsePlatform } from '../../registry/platform.ts'
import { ComposeError } from '../../shared/errors.ts'
import type { Images } from './images.ts'

/** Throws not_found in Docker Engine's words, on which its clients pull. */
export function requirePlatform(images: Images, ref: string, wanted: string): void {
  const { os, architecture, variant } = images.document(images.get(ref))
  const platform = parsePlatform(wanted)
  const fits =
    os === platform.os &&
    architecture === platform.architecture &&
    (!platform.variant || !variant || platform.variant === variant)
  if (fits) return
  const own = [os, architecture, variant].filter(Boolean).join('/')
  throw new ComposeError(
    'not_found',
    `image with reference ${ref} was found but its platform (${own}) does not match the specified platform (${wanted})`,
  )
}
