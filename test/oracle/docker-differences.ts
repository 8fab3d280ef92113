// Where a real Docker Engine answers our CLI in another way than the recording says: one before 29, or one that has no
// Docker Hub.
import type { Difference } from './commands/compare.ts'

/** Cases that pull from Docker Hub, asked where there is one. */
export const withHub: readonly string[] = [
  'bridge-without-images',
  'images-table',
  'progress-modes',
  'pull-forms',
  'run-profiles-and-pull',
  'tty-error',
  'tty-pull',
  'up-image-missing',
  'up-pull-policies',
]

/** Cases whose course is another one. */
export const notOnDocker: Readonly<Record<string, string>> = {
  'build-flags': 'buildx has another --check and --builder, and pulls from Docker Hub',
}

const older = 'said so by Engine 29'
const who = 'only our engine knows who has a port'

/** What BuildKit tells of its own work, and how it prints what failed. */
const buildx: readonly Difference[] = [
  {
    extra: /^#N (?:building with|\[internal\]|transferring|exporting|writing|naming|resolve) ?.*$/,
    why: 'the work of BuildKit itself',
  },
]

/** Of an engine before 29. */
export const onOlder: Readonly<Record<string, readonly Difference[]>> = {
  'build-failing-step': buildx,
  'build-missing-files': [
    ...buildx,
    { extra: /^#N ERROR: .*$/, why: 'the error itself comes at the end' },
    {
      both: /^failed to solve: (?:failed to compute cache key: .*: )?("\/absent": not found)$/,
      as: '$1',
      why: 'that it is not there is what matters',
    },
  ],
  'build-plain': buildx,
  'cp-both-ways': [{ both: /^\/srv\/\S*$/, as: '', why: 'a folder has no order' }],
  'exec-codes': [{ exit: /no-such-program/, recorded: '127', ours: '126', why: older }],
  'exec-flags': [
    { exit: /-w \/not\/there/, recorded: '127', ours: '126', why: older },
    { exit: /-u no-such-user/, recorded: '1', ours: '126', why: older },
    { both: /^.*unable to find user no-such-user: .*$/, as: '', why: 'Engine 26 writes it to the output' },
  ],
  'labels-of-resources': [{ recorded: /^com\.docker\.volume\.anonymous $/, why: older }],
  'pause-unpause': [{ both: /[Cc]ontainer (\S+ is already paused)$/, as: 'container $1', why: older }],
  'port-range': [{ both: /^(Error response from daemon: ).*on endpoint .*$/, as: '$1…', why: who }],
  'push-and-pull-registry': [
    { both: /(?:tag does not exist: |An image does not exist locally with the tag: ).*$/, as: '…', why: older },
    { both: /(?:failed to do request: Head|Get) .*connection refused ?$/, as: '…', why: older },
  ],
  'run-ports': [{ both: /^(Error response from daemon: ).*on endpoint .*$/, as: '$1…', why: who }],
  'volumes-table': [{ both: /"Mountpoint":"[^"]*\/volumes\//, as: '"Mountpoint":"/volumes/', why: 'its own folder' }],
}
