// What happens around a running service: hooks and watching files.

import type { Develop, Hook, WatchTrigger } from '../../project/service.ts'
import { group, listOf, printedAlways } from '../kinds/collection.ts'
import type { Kind } from '../kinds/kind.ts'
import { flag, text } from '../kinds/scalar.ts'
import { command, variables } from '../kinds/special.ts'
import { shownText, texts } from './common.ts'

export function makeHook() {
  return group<Hook>({
    command: ['command', command],
    image: ['image', text],
    user: ['user', text],
    privileged: ['privileged', flag],
    workingDir: ['working_dir', text],
    environment: ['environment', variables],
    perReplica: ['per_replica', flag],
  })
}

export function makeDevelop() {
  return group<Develop>({
    watch: [
      'watch',
      listOf(
        group<WatchTrigger>({
          path: ['path', shownText],
          // The schema's enum lets nothing else through.
          action: ['action', shownText as unknown as Kind<WatchTrigger['action']>],
          target: ['target', text],
          exec: ['exec', printedAlways(makeHook(), () => new Map([['command', null]]))],
          include: ['include', texts],
          ignore: ['ignore', texts],
          initialSync: ['initial_sync', flag],
        }),
      ),
    ],
  })
}
