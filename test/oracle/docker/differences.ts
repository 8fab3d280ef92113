// Where our engine answers the docker CLI otherwise than the Docker Engine 26 of the recordings, each with its reason.
import type { Difference } from '../commands/compare.ts'

const newer = 'as Engine 29 says it'
const words = "our engine's words, after Docker's or in their place"
/** Whether docker.io can be reached decides what is said of what it does not have. */
const noRegistry: readonly Difference[] = [
  { both: /(Error response from daemon: )(?:Get|failed to do request|pull access denied).*$/, as: '$1…', why: words },
]

export const dockerDifferences: Readonly<Record<string, readonly Difference[]>> = {
  'containers-life': [{ both: /[Cc]ontainer (\S+ is already paused)$/, as: 'container $1', why: newer }],
  events: [
    {
      both: /^container (?:create|attach|start|die|destroy)$|^volume (?:create|destroy)$/,
      as: '',
      why: 'Docker Engine takes events of everything for those of the volume or network',
    },
  ],
  'exec-and-top': [{ exit: /no-such-program/, recorded: '126', ours: '127', why: newer }],
  files: [{ both: /^Deleted: sha256:\$ID$/, as: '', why: 'layers are no images here' }],
  images: [
    ...noRegistry,
    { recorded: /^The push refers to repository/, why: 'nothing is pushed' },
    {
      recorded: /^An image does not exist locally with the tag: (.*)$/,
      ours: 'tag does not exist: $1:latest',
      why: newer,
    },
  ],
  'logs-and-attach': [
    { recorded: /^ error$/, ours: 'error', why: '--details has none to show' },
    { both: /(plugin "no-such-driver" not found).*$/, as: '$1', why: words },
  ],
  networks: [
    { recorded: /^(Error response from daemon: )invalid network config:$/, why: words },
    {
      both: /^(?:Error response from daemon: )?(invalid subnet nonsense: invalid CIDR block notation).*$/,
      as: '$1',
      why: words,
    },
    { both: /(plugin "no-such-driver" not found).*$/, as: '$1', why: words },
  ],
  'run-forms': [
    ...noRegistry,
    { both: /(OCI runtime create failed: ).*?exec: (?:"\/etc": )?(.*)$/, as: '$1$2', why: "the runtime's own words" },
    { recorded: /level=error msg="error waiting for container: context canceled"$/, why: 'chance of the CLI' },
  ],
}
