// Routes that take images elsewhere: to a registry, and out as an archive.
import { normalizePlatform, type Platform, parsePlatform } from '../../registry/platform.ts'
import { ComposeError } from '../../shared/errors.ts'
import { familiarName, parseReference, type Reference } from '../../shared/image-reference.ts'
import type { Images } from '../images/images.ts'
import { type PushMessage, pushImage } from '../images/push.ts'
import { saveImages } from '../images/save.ts'
import { progressReply } from './progress-stream.ts'
import { credentialsOf } from './registry-auth.ts'
import type { Reply, Routes } from './router.ts'

export interface ImageTransfersOptions {
  images: Images
  explain: (error: unknown) => unknown
}

export function imageTransferRoutes({ images, explain }: ImageTransfersOptions): Routes {
  return {
    'POST /images/{name}/push': ({ parameters, query, headers, signal }) => {
      const { tag, platform } = query
      const named = parseReference(parameters.name ?? '')
      if (named.digest) throw new ComposeError('invalid_argument', 'cannot push a digest reference')
      const credentials = credentialsOf(headers)
      const wanted = platform === undefined ? undefined : readPlatform(platform)
      return progressReply<PushMessage>(explain, async report => {
        for (const reference of tag || named.tag ? [{ ...named, tag: tag || named.tag }] : allTags(named)) {
          await pushImage(images, { reference, platform: wanted, credentials, report, signal })
        }
      })
    },

    'GET /images/{name}/get': ({ parameters, query }) => archive([parameters.name ?? ''], query.platform),

    'GET /images/get': ({ query }) => {
      const { names, platform } = query
      if (names.length === 0) throw new ComposeError('invalid_argument', 'no image is named: names=')
      return archive(names, platform)
    },
  }

  /** As Docker Engine does where no tag is named. */
  function allTags(named: Reference): Reference[] {
    const name = familiarName(named)
    const tags = [...new Set(images.all().flatMap(images.tagsOf))].map(parseReference)
    const own = tags.filter(reference => familiarName(reference) === name)
    if (own.length === 0) throw new ComposeError('not_found', `An image does not exist locally with the tag: ${name}`)
    return own
  }

  function archive(names: readonly string[], platform: string | undefined): Reply {
    const wanted = platform === undefined ? undefined : readPlatform(platform)
    return { stream: saveImages(images, names, wanted), contentType: 'application/x-tar' }
  }
}

/** The API's JSON, or as texts have it. */
export function readPlatform(text: string): Platform {
  if (!text.startsWith('{')) return parsePlatform(text)
  try {
    const { os, architecture, variant } = JSON.parse(text) as Partial<Platform> // checked
    if (typeof os === 'string' && typeof architecture === 'string')
      return normalizePlatform({ os, architecture, ...(typeof variant === 'string' ? { variant } : {}) })
  } catch {
    // Told below.
  }
  throw new ComposeError('invalid_argument', `invalid platform: ${text}`)
}
