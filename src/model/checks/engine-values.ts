// Values that loading takes as they are, as Docker Compose does, and that every engine refuses. Commands that create
// containers refuse them before anything is made, with the place; the sentences are the engine's.
import { constants } from 'node:os'
import { ComposeError } from '../../shared/errors.ts'
import { deliveryOptions, logOptions } from '../../shared/log-options.ts'
import { nearest } from '../../shared/nearest.ts'
import type { Project } from '../project/project.ts'
import type { Service } from '../project/service.ts'

interface Row {
  attribute: string
  values(service: Service): readonly (string | undefined)[]
  /** Besides these names. */
  allows?: RegExp
  names: readonly string[]
  sentence(value: string): string
}

/** linux/capability.h, up to Linux 5.9, the last that has added one. */
const capabilities = `ALL AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE
  DAC_READ_SEARCH FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN
  NET_BIND_SERVICE NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT
  SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG WAKE_ALARM`.split(/\s+/)
const others = /^(service|container):./

const rows: readonly Row[] = [
  {
    attribute: 'restart',
    values: ({ restart }) => [restart],
    allows: /^on-failure:\d+$/,
    names: ['no', 'none', 'always', 'any', 'on-failure', 'unless-stopped'],
    sentence: value =>
      value.startsWith('on-failure:')
        ? `invalid restart policy: ${JSON.stringify(value)}: the retries must be a number, such as on-failure:3`
        : `invalid restart policy: unknown policy '${value}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
  },
  {
    attribute: 'deploy.restart_policy.condition',
    values: ({ deploy }) => [deploy?.restartPolicy?.condition],
    names: ['none', 'on-failure', 'any', 'no', 'always', 'unless-stopped'],
    sentence: value =>
      `invalid restart policy: unknown policy '${value}'; use one of 'none', 'on-failure', 'any', or 'unless-stopped'`,
  },
  {
    attribute: 'cap_add',
    values: ({ capAdd }) => capAdd,
    names: capabilities,
    sentence: value => `invalid CapAdd: unknown capability: "CAP_${bare(value)}"`,
  },
  {
    attribute: 'cap_drop',
    values: ({ capDrop }) => capDrop,
    names: capabilities,
    sentence: value => `invalid CapDrop: unknown capability: "CAP_${bare(value)}"`,
  },
  {
    attribute: 'ipc',
    values: ({ ipc }) => [ipc],
    allows: others,
    names: ['host', 'private', 'shareable', 'none'],
    sentence: value => `invalid IPC mode: ${value}`,
  },
  {
    attribute: 'pid',
    values: ({ pid }) => [pid],
    allows: others,
    names: ['host'],
    sentence: value => `invalid PID mode: ${value}`,
  },
  {
    attribute: 'uts',
    values: ({ uts }) => [uts],
    names: ['host'],
    sentence: value => `invalid UTS mode: ${value}`,
  },
  {
    attribute: 'userns_mode',
    values: ({ usernsMode }) => [usernsMode],
    names: ['host'],
    sentence: value => `invalid USER mode: ${value}`,
  },
  {
    attribute: 'stop_signal',
    values: ({ stopSignal }) => [stopSignal],
    allows: /^(\d+|(SIG)?RTM(IN(\+\d+)?|AX(-\d+)?))$/i,
    names: Object.keys(constants.signals),
    sentence: value => `invalid signal: ${value}`,
  },
]

/** Of the enabled services. Throws the first that is wrong. */
export function checkEngineValues({ services, places }: Project): void {
  for (const service of Object.values(services)) {
    checkLogging(service, places)
    for (const row of rows) {
      const wrong = row.values(service).find(value => value && !row.allows?.test(value) && !isNamed(row, value))
      if (wrong) throw refusal(service, row, wrong, places)
    }
  }
}

const isListed = ({ attribute }: Row) => attribute.startsWith('cap_')

function isNamed(row: Row, value: string): boolean {
  if (isListed(row)) return row.names.includes(bare(value))
  if (row.attribute !== 'stop_signal') return row.names.includes(value)
  const upper = value.toUpperCase()
  return row.names.includes(upper) || row.names.includes(`SIG${upper}`)
}

const bare = (capability: string) => capability.toUpperCase().replace(/^CAP_/, '')

function refusal({ name }: Service, row: Row, value: string, places: Project['places']): ComposeError {
  const path = `services.${name}.${row.attribute}${isListed(row) ? `.${value}` : ''}`
  const place = places?.find({ path })
  // on-failure:many names its policy well.
  const word = value.split(':')[1] === undefined ? value : ''
  const meant = nearest(isListed(row) ? bare(word).toLowerCase() : word, row.names.map(lower))
  const original = row.names.find(candidate => lower(candidate) === meant)
  return new ComposeError('invalid_argument', row.sentence(value), {
    path: place === undefined ? path : `${place} (${path})`,
    hint: original === undefined ? undefined : `Did you mean ${original}?`,
  })
}

/** Other drivers know their own. */
const optionsOf: Readonly<Record<string, readonly string[]>> = logOptions

/** Without a driver it is the engine's own choice, and an option that looks like one of json-file is meant to be it. */
function checkLogging({ name, logging }: Service, places: Project['places']): void {
  const { driver = '', options = {} } = logging ?? {}
  const named = optionsOf[driver]
  if (driver !== '' && !named) return
  const known: string[] = [...(named ?? logOptions['json-file']), ...deliveryOptions]
  for (const option of Object.keys(options)) {
    const meant = nearest(option, known)
    if (known.includes(option) || (!named && meant === undefined)) continue
    const path = `services.${name}.logging.options.${option}`
    const place = places?.find({ path })
    throw new ComposeError('invalid_argument', `unknown log opt '${option}' for ${driver || 'json-file'} log driver`, {
      path: place === undefined ? path : `${place} (${path})`,
      hint: meant === undefined ? `it has ${known.join(', ')}` : `Did you mean ${meant}?`,
    })
  }
}

const lower = (text: string) => text.toLowerCase()
