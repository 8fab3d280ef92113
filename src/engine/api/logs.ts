// The log of a container.
import { multiplexedType, rawType } from '../../docker/protocol/frames.ts'
import { historyHeader } from '../../docker/protocol/history-header.ts'
import { ComposeError } from '../../shared/errors.ts'
import type { Lifecycle } from '../containers/life/lifecycle.ts'
import type { Lives } from '../containers/life/lives.ts'
import { logPathOf } from '../containers/logs/attachments.ts'
import { logDriver, logLimits } from '../containers/logs/drivers.ts'
import { inheritBeside, inheritLog, readWhole } from '../containers/logs/inherit-log.ts'
import { readLog } from '../containers/logs/log-file.ts'
import { isRunning, never } from '../containers/record.ts'
import type { Registry } from '../containers/registry.ts'
import { encode } from './output.ts'
import type { Routes } from './router.ts'

export interface LogRoutesOptions {
  registry: Registry
  lifecycle: Lifecycle
  lives: Lives
}

export function logRoutes({ registry, lifecycle, lives }: LogRoutesOptions): Routes {
  return {
    'POST /x/log-history': async request => {
      const { From, To } = await request.json()
      const [from, to] = [registry.get(From), registry.get(To)]
      await lifecycle.exclusively(from, () =>
        lifecycle.exclusively(to, async () => {
          if (isRunning(from))
            throw new ComposeError('conflict', 'a log goes on to another container when its own has ended')
          const folders = [lifecycle.folderOf(from), lifecycle.folderOf(to)] as const
          const limits = logLimits(to.host.logConfig?.type, to.host.logConfig?.config)
          if (limits || to.state.startedAt !== never)
            return inheritBeside(...folders, limits && limits.size * limits.files)
          const before = await inheritLog(...folders)
          if (before === undefined) return
          to.logStart = before
          registry.save(to)
        }),
      )
      return { status: 204 }
    },

    'GET /containers/{id}/logs': request => {
      const record = registry.get(request.parameters.id ?? '')
      const { query, signal } = request
      if (!query.stdout && !query.stderr) {
        throw new ComposeError('invalid_argument', 'Bad parameters: you must choose at least one stream')
      }
      if (!logDriver(record.host.logConfig?.type).readable) {
        throw new ComposeError('not_implemented', 'configured logging driver does not support reading')
      }
      const { stdout, stderr, timestamps, tail = 'all', since, until } = query
      const isWhole = request.headers[historyHeader] === 'true'
      // Docker Engine takes every word that is no number for all.
      const range = {
        tail: /^\d+$/.test(tail) ? Number(tail) : undefined,
        since,
        until,
        from: isWhole ? 0 : record.logStart,
      }
      const follow = query.follow && isRunning(record) ? lives.endOf(record, signal) : undefined
      const folder = lifecycle.folderOf(record)
      const entries = isWhole ? readWhole(folder, range, follow) : readLog(logPathOf(folder), range, follow)
      return {
        stream: encode(entries, record, { stdout, stderr, timestamps }),
        contentType: record.config.tty ? rawType : multiplexedType,
      }
    },
  }
}
