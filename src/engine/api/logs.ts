// The log of a container.
import { multiplexedType, rawType } from '../../docker/protocol/frames.ts'
import { ComposeError } from '../../shared/errors.ts'
import type { Lifecycle } from '../containers/life/lifecycle.ts'
import type { Lives } from '../containers/life/lives.ts'
import { logPathOf } from '../containers/logs/attachments.ts'
import { logDriver } from '../containers/logs/drivers.ts'
import { readLog } from '../containers/logs/log-file.ts'
import { isRunning } from '../containers/record.ts'
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
      // Docker Engine takes every word that is no number for all.
      const range = { tail: /^\d+$/.test(tail) ? Number(tail) : undefined, since, until }
      const follow = query.follow && isRunning(record) ? lives.endOf(record, signal) : undefined
      const entries = readLog(logPathOf(lifecycle.folderOf(record)), range, follow)
      return {
        stream: encode(entries, record, { stdout, stderr, timestamps }),
        contentType: record.config.tty ? rawType : multiplexedType,
      }
    },
  }
}
