// RUN --mount: what a step sees besides its root file system, and what of it decides whether the step is made anew.
import { createHash } from 'node:crypto'
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import type { Mount } from '../../docker/protocol/types.ts'
import { ComposeError } from '../../shared/errors.ts'
import { nearest } from '../../shared/nearest.ts'
import { resolveInside } from '../chrooted/select-files.ts'
import { mountOverlay, overlayFolders, unmount } from '../kernel/mounts.ts'
import type { CacheMount } from './cache-mounts.ts'
import { workingDirectory } from './configure.ts'
import { copyIn } from './copying.ts'
import { flagsNamed, type Instruction } from './dockerfile/instruction.ts'
import { type Relay, relaySocket } from './relay-socket.ts'
import type { Source } from './sources.ts'
import { placeOf, type StageContext } from './stage-context.ts'

export interface StepMount {
  /** Part of what the step is made of. */
  key: unknown
  target: string
  env?: [string, string]
  /** Undefined where only a variable is set. */
  make?(): Promise<Mount>
  /** Steps that name the same wait for one another. */
  lock?: string
  release?(): void
  /** Asked when the step has ended: whether what it saw is still what its key says. */
  isAsKeyed?(): Promise<boolean>
}

const types = {
  bind: ['from', 'source', 'src', 'target', 'dst', 'destination', 'rw', 'readwrite', 'ro', 'readonly'],
  cache: [
    'id',
    'from',
    'source',
    'src',
    'target',
    'dst',
    'destination',
    'sharing',
    'mode',
    'uid',
    'gid',
    'ro',
    'readonly',
    'rw',
    'readwrite',
  ],
  tmpfs: ['target', 'dst', 'destination', 'size'],
  secret: ['id', 'target', 'dst', 'destination', 'required', 'mode', 'uid', 'gid', 'env', 'source', 'src'],
  ssh: ['id', 'target', 'dst', 'destination', 'required', 'mode', 'uid', 'gid'],
} as const

type MountType = keyof typeof types

export async function readMounts(
  context: StageContext,
  instruction: Instruction,
  sourceNamed: (name: string) => Promise<Source>,
): Promise<StepMount[]> {
  const mounts: StepMount[] = []
  for (const [index, text] of flagsNamed(instruction, 'mount').entries()) {
    const options = readOptions(context.words.expand(text), placeOf(context, instruction))
    const mount = await kinds[options.type]({ context, options, sourceNamed, index, line: instruction.first })
    if (mount) mounts.push(mount)
  }
  return mounts
}

interface Options {
  type: MountType
  get(...names: string[]): string | undefined
  /** Named alone, or true. */
  flag(...names: string[]): boolean | undefined
  number(name: string): number | undefined
}

function readOptions(text: string, path: string): Options {
  const fields = new Map(
    text
      .split(',')
      .filter(Boolean)
      .map(field => {
        const at = field.indexOf('=')
        return at < 0
          ? ([field.trim().toLowerCase(), 'true'] as const)
          : ([field.slice(0, at).trim().toLowerCase(), field.slice(at + 1)] as const)
      }),
  )
  const wanted = fields.get('type') ?? 'bind'
  if (!Object.hasOwn(types, wanted)) {
    const meant = nearest(wanted, Object.keys(types))
    throw new ComposeError('invalid_argument', `unsupported mount type "${wanted}"`, {
      path,
      hint: meant ? `did you mean ${meant}?` : `it is one of ${Object.keys(types).join(', ')}`,
    })
  }
  const type = wanted as MountType // just looked up
  const known: readonly string[] = ['type', ...types[type]]
  const unknown = [...fields.keys()].find(name => !known.includes(name))
  if (unknown !== undefined) {
    const meant = nearest(unknown, known)
    throw new ComposeError('invalid_argument', `unexpected key '${unknown}' for mount type '${type}'`, {
      path,
      hint: meant ? `did you mean ${meant}?` : `a mount of type ${type} has ${known.join(', ')}`,
    })
  }
  const get = (...names: string[]) => names.map(name => fields.get(name)).find(value => value !== undefined)
  return {
    type,
    get,
    flag(...names) {
      const value = get(...names)
      if (value === undefined || value === '') return value === undefined ? undefined : true
      if (/^(?:1|t|true)$/i.test(value)) return true
      if (/^(?:0|f|false)$/i.test(value)) return false
      throw new ComposeError('invalid_argument', `invalid value for ${names[0]}: ${value}`, {
        path,
        hint: 'it is true or false',
      })
    },
    number(name) {
      const value = fields.get(name)
      if (value === undefined) return undefined
      if (!/^\d+$/.test(value))
        throw new ComposeError('invalid_argument', `invalid value ${value} for ${name} of a mount`, { path })
      return name === 'mode' ? Number.parseInt(value, 8) : Number(value)
    },
  }
}

interface Kind {
  context: StageContext
  options: Options
  sourceNamed: (name: string) => Promise<Source>
  /** Of the mount in its instruction, and the instruction's line: for names of files. */
  index: number
  line: number
}

type MakeMount = (kind: Kind) => Promise<StepMount | undefined> | StepMount | undefined

const kinds: Record<MountType, MakeMount> = { bind, cache, tmpfs, secret, ssh }

const targetOf = ({ context, options }: Kind, fallback?: string): string => {
  const target = options.get('target', 'dst', 'destination') ?? fallback
  if (target === undefined) throw new ComposeError('invalid_argument', `a mount of type ${options.type} needs a target`)
  return workingDirectory(context.state.config, target)
}

async function bind(kind: Kind): Promise<StepMount> {
  const { context, options, sourceNamed, index, line } = kind
  const from = options.get('from')
  const source = await sourceNamed(from ?? '')
  const inner = options.get('source', 'src') ?? '/'
  const target = targetOf(kind)
  const writable = options.flag('rw', 'readwrite') ?? options.flag('ro', 'readonly') === false
  const selection = { sources: [inner], ignored: source.ignored, excluded: [], parents: false }
  const found = source.identity === undefined ? await source.digest(selection) : undefined
  const content = found?.digest ?? [source.identity, inner]
  const folder = join(context.build.folder, `bind-${context.stage.index}-${line}-${index}`)
  let mounted = false
  return {
    key: ['bind', target, content, writable],
    target,
    async make() {
      const place = await placeOfBind(context, source, inner, folder)
      if (!writable) return { Type: 'bind', Source: place, Target: target, ReadOnly: true }
      const { merged, ...upper } = overlayFolders(folder)
      mountOverlay({ target: merged, lower: [place], ...upper })
      mounted = true
      return { Type: 'bind', Source: merged, Target: target }
    },
    release() {
      if (mounted) unmount(join(folder, 'merged'))
    },
    isAsKeyed: async () => found?.stamp === undefined || found.stamp === (await source.digest(selection)).stamp,
  }
}

/** What .dockerignore leaves out is not there: then only a copy will do. */
async function placeOfBind({ build }: StageContext, source: Source, inner: string, folder: string): Promise<string> {
  const root = source.path()
  const inside = resolveInside(root, inner)
  if (inside === undefined) throw new ComposeError('not_found', `"${posix.join('/', inner)}": not found`)
  if (source.ignored.every(line => line.trim() === '' || line.trim().startsWith('#'))) return join(root, inside)
  const target = join(folder, 'copy')
  mkdirSync(target, { recursive: true })
  await copyIn(build.engine.workers.copy, {
    source: root,
    selection: { sources: [inner], ignored: source.ignored, excluded: [], parents: false },
    target: {
      root: target,
      options: {
        destination: '/content',
        owner: { uid: 0, gid: 0 },
        mode: undefined,
        attributes: false,
        madeAt: 0,
        time: undefined,
        several: false,
      },
    },
  })
  return join(target, 'content')
}

async function cache(kind: Kind): Promise<StepMount> {
  const { context, options, sourceNamed } = kind
  const target = targetOf(kind)
  const { BUILDKIT_CACHE_MOUNT_NS: namespace } = context.build.request.args
  const id = [...(namespace ? [namespace] : []), options.get('id') ?? target].join('/')
  const from = options.get('from')
  const inner = options.get('source', 'src') ?? '/'
  const source = from === undefined ? undefined : await sourceNamed(from)
  const sharing = options.get('sharing') ?? 'shared'
  if (!['shared', 'private', 'locked'].includes(sharing))
    throw new ComposeError('invalid_argument', `unsupported sharing value "${sharing}"`, {
      hint: 'it is shared, private or locked',
    })
  const [mode, uid, gid] = ['mode', 'uid', 'gid'].map(options.number)
  const isReadOnly = options.flag('ro', 'readonly') ?? options.flag('rw', 'readwrite') === false
  const begun = source ? [source.identity, inner] : []
  // What is to begin in another way is another one.
  const name = createHash('sha256')
    .update(JSON.stringify([id, ...begun, mode, uid, gid]))
    .digest('hex')
  let mount: CacheMount | undefined
  return {
    key: ['cache', id, target, ...begun, mode, uid, gid],
    target,
    ...(sharing === 'locked' ? { lock: `mount ${name}` } : {}),
    async make() {
      mount = await context.build.engine.cacheMounts.take({
        name,
        isPrivate: sharing === 'private',
        async fill(folder) {
          if (source) await seed(context, source, inner, folder)
          if (!source || mode !== undefined) chmodSync(folder, mode ?? 0o755)
          if (!source || uid !== undefined || gid !== undefined) chownSync(folder, uid ?? 0, gid ?? 0)
        },
      })
      return { Type: 'bind', Source: mount.folder, Target: target, ReadOnly: isReadOnly }
    },
    release: () => mount?.release(),
  }
}

async function seed({ build }: StageContext, source: Source, inner: string, folder: string): Promise<void> {
  await copyIn(build.engine.workers.copy, {
    source: source.path(),
    selection: { sources: [inner], ignored: source.ignored, excluded: [], parents: false },
    target: {
      root: folder,
      options: {
        destination: '/',
        owner: undefined,
        mode: undefined,
        attributes: true,
        madeAt: 0,
        time: undefined,
        several: false,
      },
    },
  })
}

function tmpfs(kind: Kind): StepMount {
  const target = targetOf(kind)
  const size = kind.options.get('size')
  const bytes = size === undefined ? undefined : bytesOf(size)
  return {
    key: ['tmpfs', target, bytes],
    target,
    make: async () => ({ Type: 'tmpfs', Target: target, ...(bytes ? { TmpfsOptions: { SizeBytes: bytes } } : {}) }),
  }
}

const units = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 } as const

function bytesOf(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+)([kmg]?)b?$/i.exec(text) ?? []
  if (digits === '')
    throw new ComposeError('invalid_argument', `invalid size ${text} of a mount`, { hint: 'such as 64m' })
  // The expression has no other letters.
  return Number(digits) * units[unit.toLowerCase() as keyof typeof units]
}

function secret(kind: Kind): StepMount | undefined {
  const { context, options, index, line } = kind
  const env = options.get('env')
  const given = options.get('target', 'dst', 'destination')
  const id = options.get('id', 'source', 'src') ?? (given === undefined ? undefined : posix.basename(given))
  if (id === undefined) throw new ComposeError('invalid_argument', 'a secret needs an id')
  const target = workingDirectory({ WorkingDir: '/run/secrets' }, given ?? id)
  const content = context.build.request.secrets.get(id)
  if (content === undefined) {
    if (options.flag('required'))
      throw new ComposeError('not_found', `secret ${id}: not found`, { hint: `give it to the build: secrets: [${id}]` })
    return undefined
  }
  const value: [string, string] | undefined = env === undefined ? undefined : [env, content.toString('utf8')]
  const [mode, uid, gid] = ['mode', 'uid', 'gid'].map(options.number)
  const key = ['secret', id, target, env, mode, uid, gid]
  if (value && given === undefined) return { key, target, env: value }
  const folder = join(context.build.engine.secretsFolder, posix.basename(context.build.folder))
  return {
    key,
    target,
    ...(value ? { env: value } : {}),
    async make() {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      const path = join(folder, `${context.stage.index}-${line}-${index}`)
      writeFileSync(path, content, { mode: 0o600 })
      chownSync(path, uid ?? 0, gid ?? 0)
      chmodSync(path, mode ?? 0o400)
      return { Type: 'bind', Source: path, Target: target, ReadOnly: true }
    },
  }
}

function ssh(kind: Kind): StepMount | undefined {
  const { context, options, index, line } = kind
  const id = options.get('id') ?? 'default'
  const socket = context.build.request.ssh.get(id)
  if (socket === undefined) {
    if (options.flag('required'))
      throw new ComposeError('not_found', `ssh agent ${id}: not found`, { hint: `give it to the build: ssh: [${id}]` })
    return undefined
  }
  const target = targetOf(kind, `/run/buildkit/ssh_agent.${index}`)
  const [mode = 0o600, uid = 0, gid = 0] = ['mode', 'uid', 'gid'].map(options.number)
  const folder = join(context.build.engine.secretsFolder, posix.basename(context.build.folder))
  let relay: Relay | undefined
  return {
    key: ['ssh', id, target, mode, uid, gid],
    target,
    env: ['SSH_AUTH_SOCK', target],
    async make() {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      const path = join(folder, `ssh-${context.stage.index}-${line}-${index}`)
      relay = await relaySocket(socket, path, { mode, uid, gid })
      return { Type: 'bind', Source: path, Target: target }
    },
    release: () => relay?.close(),
  }
}
