// Routes of images.

import type { ImageSummary } from '../../docker/protocol/types.ts'
import { hostPlatform, parsePlatform } from '../../registry/platform.ts'
import { ComposeError } from '../../shared/errors.ts'
import { familiarName, parseReference } from '../../shared/image-reference.ts'
import { importRootfs, loadArchive } from '../images/archives.ts'
import type { ImageRecord, Images } from '../images/images.ts'
import { beginPull } from '../images/pull.ts'
import { any, anyRead, type FilterRow, labels, matcher, until, withoutLabels, yesOrNo } from './filters.ts'
import { messages, progressReply } from './progress-stream.ts'
import { credentialsOf } from './registry-auth.ts'
import type { Reply, Request, Routes } from './router.ts'

type Create = Request<'POST /images/create'>

export interface ImageRoutesOptions {
  images: Images
  /** Where archives are unpacked on their way in. */
  stagingFolder: string
  usersOf: (imageId: string) => unknown[]
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
    'GET /images/json': ({ query }) => {
      const found = images.all().filter(matcher(listFilters, query.filters))
      return { json: found.map(summary) }
    },

    'POST /images/create': request => {
      const { fromSrc, fromImage } = request.query
      return fromSrc === undefined ? pull(request, fromImage ?? '') : importArchive(request)
    },

    'POST /images/load': async ({ body }) => {
      const loaded = await loadArchive(images, body, stagingFolder)
      const lines = loaded.flatMap(({ record, names }) =>
        names.length > 0 ? names.map(name => `Loaded image: ${name}`) : [`Loaded image ID: ${record.id}`],
      )
      return { stream: messages(lines.map(line => ({ stream: `${line}\n` }))), contentType: 'application/json' }
    },

    'POST /images/prune': ({ query }) => {
      const { dangling = ['true'], ...rest } = query.filters
      const onlyUntagged = matcher({ dangling: yesOrNo(() => true) }, { dangling })(undefined)
      const admits = matcher(pruneFilters, rest)
      const unused = images
        .all()
        .filter(
          record =>
            usersOf(record.id).length === 0 && (!onlyUntagged || images.tagsOf(record).length === 0) && admits(record),
        )
      return {
        json: {
          ImagesDeleted: unused.flatMap(record => images.remove(record.id, true)),
          SpaceReclaimed: unused.reduce((sum, { size }) => sum + size, 0),
        },
      }
    },

    'GET /images/{name}/history': ({ parameters }) => {
      const record = images.get(parameters.name ?? '')
      const { history = [] } = images.document(record)
      return {
        json: history.toReversed().map(({ created, created_by: CreatedBy = '', comment: Comment = '' }, index) => ({
          Id: index === 0 ? record.id : '<missing>',
          Created: Math.floor(Date.parse(created ?? '') / 1000) || 0,
          CreatedBy,
          Tags: index === 0 ? images.tagsOf(record) : null,
          Size: 0,
          Comment,
        })),
      }
    },

    'GET /images/{name}/json': ({ parameters }) => ({ json: inspect(images.get(parameters.name ?? '')) }),

    'POST /images/{name}/tag': ({ parameters, query }) => {
      const record = images.get(parameters.name ?? '')
      const repository = parseReference(query.repo ?? '')
      images.tag(record, `${familiarName(repository)}:${query.tag ?? (repository.tag || 'latest')}`)
      return { json: '', status: 201 }
    },

    'DELETE /images/{name}': ({ parameters, query }) => ({
      json: images.remove(parameters.name ?? '', query.force),
    }),
  }

  async function pull(request: Create, name: string): Promise<Reply> {
    const { query, headers, signal } = request
    const { tag = '' } = query
    const reference = parseReference(tag.includes(':') ? `${name}@${tag}` : tag ? `${name}:${tag}` : name)
    const platform = query.platform ? parsePlatform(query.platform) : hostPlatform()
    // What the registry refuses is an answer of its own; only what happens later comes in the stream.
    const begun = await beginPull(images, { reference, platform, credentials: credentialsOf(headers), signal })
    return progressReply(explain, begun.finish)
  }

  async function importArchive({ query, body }: Create): Promise<Reply> {
    if (query.fromSrc !== '-') {
      throw new ComposeError(
        'not_implemented',
        'import from a URL is not available on this engine: send the archive (fromSrc=-)',
      )
    }
    const record = await importRootfs(images, body, {
      message: query.message ?? '',
      changes: query.changes,
    })
    const repository = query.repo
    if (repository) {
      const reference = parseReference(repository)
      images.tag(record, `${familiarName(reference)}:${query.tag ?? (reference.tag || 'latest')}`)
    }
    return { stream: messages([{ status: record.id }]), contentType: 'application/json' }
  }

  function summary(record: ImageRecord): ImageSummary {
    const document = images.document(record)
    return {
      Id: record.id,
      ParentId: '',
      RepoTags: images.tagsOf(record),
      RepoDigests: images.digestsOf(record),
      Created: Math.floor(Date.parse(document.created ?? record.stored) / 1000),
      Size: record.size,
      SharedSize: -1,
      Labels: document.config?.Labels ?? {},
      Containers: usersOf(record.id).length,
    }
  }

  function inspect(record: ImageRecord) {
    const document = images.document(record)
    return {
      Id: record.id,
      RepoTags: images.tagsOf(record),
      RepoDigests: images.digestsOf(record),
      Parent: '',
      Comment: document.history?.at(-1)?.comment ?? '',
      Created: document.created ?? record.stored,
      DockerVersion: '',
      Author: document.author ?? '',
      Config: document.config ?? {},
      Architecture: document.architecture,
      ...(document.variant ? { Variant: document.variant } : {}),
      Os: document.os,
      Size: record.size,
      GraphDriver: { Name: 'overlayfs', Data: {} },
      RootFS: { Type: 'layers', Layers: record.diffIds },
      Metadata: { LastTagTime: record.stored },
    }
  }
}

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
