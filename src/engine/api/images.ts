// Routes of images.

import { checkLogin } from '../../registry/login.ts'
import { openUrl } from '../../registry/open-url.ts'
import { hostPlatform } from '../../registry/platform.ts'
import { ComposeError } from '../../shared/errors.ts'
import { familiarName, parseReference } from '../../shared/image-reference.ts'
import { loadArchive } from '../images/archives.ts'
import { distributionOf } from '../images/distribution.ts'
import type { Images } from '../images/images.ts'
import { importRootfs } from '../images/import-rootfs.ts'
import { beginPull } from '../images/pull.ts'
import type { ImageRecord } from '../images/record.ts'
import { any, anyRead, type FilterRow, labels, matcher, until, withoutLabels, yesOrNo } from './filters.ts'
import { readPlatform } from './image-transfers.ts'
import { historyView, imageInspectView, layersSize, summaryView } from './image-views.ts'
import { messages, progressReply } from './progress-stream.ts'
import { credentialsOf } from './registry-auth.ts'
import type { Reply, Request, Routes } from './router.ts'
import type { UsersOf } from './users-of.ts'

type Create = Request<'POST /images/create'>

export interface ImageRoutesOptions {
  images: Images
  /** Where archives are unpacked on their way in. */
  stagingFolder: string
  usersOf: UsersOf
  /** As for an error that is the answer itself. */
  explain: (error: unknown) => unknown
}

export function imageRoutes({ images, stagingFolder, usersOf, explain }: ImageRoutesOptions): Routes {
  const createdOf = (record: ImageRecord) => images.document(record).created ?? record.stored
  const labelsOf = (record: ImageRecord) => images.document(record).config?.Labels ?? {}
  const created = (ref: string) => Date.parse(createdOf(images.get(ref)))
  const listFilters = {
    before: anyRead(created, (record, moment) => Date.parse(createdOf(record)) < moment),
    dangling: yesOrNo(record => images.tagsOf(record).length === 0),
    label: labels(labelsOf),
    reference: any((record, pattern) => images.tagsOf(record).some(tag => matchesPattern(tag, pattern))),
    since: anyRead(created, (record, moment) => Date.parse(createdOf(record)) > moment),
    until: until(createdOf),
  } satisfies Record<string, FilterRow<ImageRecord>>
  const pruneFilters = {
    label: labels(labelsOf),
    'label!': withoutLabels(labelsOf),
    until: until(createdOf),
  } satisfies Record<string, FilterRow<ImageRecord>>

  return {
    'GET /images/json': async ({ query }) => {
      const shown = { manifests: query.manifests, sharedSize: query['shared-size'] }
      const found = images.listed().filter(matcher(listFilters, query.filters))
      const { reference } = query.filters
      const views = await Promise.all(found.map(record => summaryView(images, usersOf, record, shown)))
      if (!reference) return { json: views }
      // Of the names of an image those that were asked for.
      const isMeant = (name: string) => reference.some(pattern => matchesPattern(name, pattern))
      return { json: views.map(view => ({ ...view, RepoTags: (view.RepoTags ?? []).filter(isMeant) })) }
    },

    'POST /images/create': request => {
      const { fromSrc, fromImage } = request.query
      return fromSrc === undefined ? pull(request, fromImage ?? '') : importArchive(request)
    },

    'POST /images/load': async ({ body, query }) => {
      const platform = query.platform === undefined ? undefined : readPlatform(query.platform)
      const loaded = await loadArchive(images, body, { folder: stagingFolder, platform })
      const lines = loaded.flatMap(({ record, names }) =>
        names.length > 0 ? names.map(name => `Loaded image: ${name}`) : [`Loaded image ID: ${record.id}`],
      )
      return { stream: messages(lines.map(line => ({ stream: `${line}\n` }))), contentType: 'application/json' }
    },

    'POST /images/prune': async ({ query }) => {
      const { dangling = ['true'], ...rest } = query.filters
      const onlyUntagged = matcher({ dangling: yesOrNo(() => true) }, { dangling })(undefined)
      const admits = matcher(pruneFilters, rest)
      const before = await layersSize(images)
      const unused = images
        .listed()
        .filter(
          record =>
            images.withOthers(record).every(({ id }) => usersOf(id).length === 0) &&
            (!onlyUntagged || images.tagsOf(record).length === 0) &&
            admits(record),
        )
      const ImagesDeleted = unused.flatMap(record => images.remove(record.id, true))
      const SpaceReclaimed = before - (await layersSize(images))
      // What failed pulls and loads have brought goes too.
      images.sweep()
      images.blobs.dropPartial()
      return { json: { ImagesDeleted, SpaceReclaimed } }
    },

    'GET /images/{name}/history': async ({ parameters, query }) => {
      const { platform } = query
      return { json: await historyView(images, named(parameters.name, platform)) }
    },

    'GET /images/{name}/json': async ({ parameters, query }) => {
      const { name = '' } = parameters
      const { platform, manifests } = query
      if (platform !== undefined && manifests)
        throw new ComposeError(
          'invalid_argument',
          'conflicting options: manifests and platform options cannot both be set',
        )
      const index = platform === undefined ? images.indexOf(name) : undefined
      return { json: await imageInspectView(images, usersOf, named(name, platform), { manifests, index }) }
    },

    'POST /auth': async ({ json, signal }) => {
      await checkLogin((await json()) ?? {}, { env: process.env, signal })
      return { json: { Status: 'Login Succeeded', IdentityToken: '' } }
    },

    'GET /distribution/{name}/json': async ({ parameters, headers, signal }) => ({
      json: await distributionOf(parseReference(parameters.name ?? ''), credentialsOf(headers), signal),
    }),

    'POST /images/{name}/tag': ({ parameters, query }) => {
      const { name = '' } = parameters
      const record = images.get(name)
      const repository = parseReference(query.repo ?? '')
      const tag = `${familiarName(repository)}:${query.tag ?? (repository.tag || 'latest')}`
      images.tag(record, tag, images.indexOf(name)?.digest)
      return { json: '', status: 201 }
    },

    'DELETE /images/{name}': ({ parameters, query }) => {
      const { name = '' } = parameters
      const { force, platforms = [] } = query
      if (platforms.length === 0) return { json: images.remove(name, force) }
      return { json: images.removePlatforms(name, platforms.map(readPlatform)) }
    },
  }

  async function pull(request: Create, name: string): Promise<Reply> {
    const { query, headers, signal } = request
    const { tag = '' } = query
    const reference = parseReference(tag.includes(':') ? `${name}@${tag}` : tag ? `${name}:${tag}` : name)
    const platform = platformOf(query.platform)
    // What the registry refuses is an answer of its own; only what happens later comes in the stream.
    const begun = await beginPull(images, { reference, platform, credentials: credentialsOf(headers), signal })
    return progressReply(explain, begun.finish)
  }

  async function importArchive({ query, body, signal }: Create): Promise<Reply> {
    const { fromSrc = '-', message = '' } = query
    const platform = platformOf(query.platform)
    const source = fromSrc === '-' ? body : (await openUrl(fromSrc, { env: process.env, signal })).body
    const from = fromSrc === '-' ? message : message || `Imported from ${fromSrc}`
    const record = await importRootfs(images, source, { message: from, changes: query.changes, platform })
    const repository = query.repo
    if (repository) {
      const reference = parseReference(repository)
      images.tag(record, `${familiarName(reference)}:${query.tag ?? (reference.tag || 'latest')}`)
    }
    return { stream: messages([{ status: record.id }]), contentType: 'application/json' }
  }

  function named(name = '', platform?: string): ImageRecord {
    return platform === undefined ? images.get(name) : images.getExactly(name, readPlatform(platform))
  }
}

const platformOf = (text: string | undefined) => (text ? readPlatform(text) : hostPlatform())

/** Shell patterns over the familiar name, with or without its tag. */
function matchesPattern(tag: string, pattern: string): boolean {
  const expression = new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '[^/]*')
      .replaceAll('?', '[^/]')}$`,
  )
  return expression.test(tag) || expression.test(tag.replace(/:[^:/]*$/, ''))
}
