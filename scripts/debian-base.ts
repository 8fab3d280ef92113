// The example's images as a folder that `tar` turns into a docker-archive: one Debian root file system below all of
// them, a layer each with what is its own, and a configuration each. Kept in .cache/, made anew when its recipe changes.
import { createHash } from 'node:crypto'
import {
  createReadStream,
  existsSync,
  globSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { hostPlatform } from '../src/registry/platform.ts'
import { runProgram } from './program.ts'

const root = new URL('..', import.meta.url).pathname
const cache = join(root, '.cache')

/** Images made here carry the key of their recipe. */
export const recipeLabel = 'tsc-compose.example.recipe'

const packages = ['postgresql-15', 'redis-server', 'libatomic1', 'libstdc++6']

/** Without what only compilers and readers need. */
const leftOut = [
  '/usr/share/doc/*',
  '/usr/share/man/*',
  '/usr/share/info/*',
  '/usr/share/locale/*',
  '/usr/lib/*/libLLVM*',
  '/usr/lib/postgresql/*/lib/bitcode/*',
  '/usr/lib/postgresql/*/lib/llvmjit*',
]

const hooks = [
  // The package would make a cluster of its own.
  '--essential-hook=mkdir -p "$1/etc/postgresql-common" && echo "create_main_cluster = false" >"$1/etc/postgresql-common/createcluster.conf"',
  '--customize-hook=mkdir -p "$1/data" "$1/docker-entrypoint-initdb.d" "$1/var/lib/postgresql/data"',
  '--customize-hook=chroot "$1" chown redis:redis /data && chroot "$1" chown postgres:postgres /var/lib/postgresql/data',
]

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const entrypoint = ['docker-entrypoint.sh']

const configs = {
  'postgres:15': {
    Entrypoint: entrypoint,
    Cmd: ['postgres'],
    Env: [
      `PATH=${systemPath}:/usr/lib/postgresql/15/bin`,
      'LANG=C.UTF-8',
      'PG_MAJOR=15',
      'PGDATA=/var/lib/postgresql/data',
    ],
    Volumes: { '/var/lib/postgresql/data': {} },
    ExposedPorts: { '5432/tcp': {} },
    // Fast shutdown: running sessions are ended, where SIGTERM would wait for them.
    StopSignal: 'SIGINT',
  },
  'redis:7': {
    Entrypoint: entrypoint,
    Cmd: ['redis-server'],
    Env: [`PATH=${systemPath}`],
    Volumes: { '/data': {} },
    ExposedPorts: { '6379/tcp': {} },
    WorkingDir: '/data',
  },
  'node:26': {
    Entrypoint: entrypoint,
    Cmd: ['node'],
    Env: [`PATH=${systemPath}`, `NODE_VERSION=${process.versions.node}`],
  },
}

/** The folder of the archive; made when it isn't there, which takes half a minute. */
export async function imagesFolder(say: (line: string) => void): Promise<string> {
  const folder = join(cache, `images-${recipeKey()}`)
  if (existsSync(folder)) return folder
  for (const old of globSync('images-*', { cwd: cache })) rmSync(join(cache, old), { recursive: true, force: true })
  const making = join(cache, `images-${process.pid}.new`)
  mkdirSync(making, { recursive: true })
  try {
    linkSync(await baseLayer(say), join(making, 'base.tar'))
    const base = await sha256(join(making, 'base.tar'))
    const manifest = []
    for (const [name, config] of Object.entries(configs)) {
      const short = name.replace(/:.*/, '')
      await ownLayer(short, join(making, `${short}.tar`))
      const own = await sha256(join(making, `${short}.tar`))
      const { os, architecture } = hostPlatform()
      const document = {
        architecture,
        os,
        created: '1970-01-01T00:00:00Z',
        config: { ...config, Labels: { [recipeLabel]: recipeKey() } },
        rootfs: { type: 'layers', diff_ids: [base, own].map(digest => `sha256:${digest}`) },
        history: [{ comment: `Debian with ${packages.join(', ')}` }, { comment: name }],
      }
      writeFileSync(join(making, `${short}.json`), JSON.stringify(document))
      manifest.push({ Config: `${short}.json`, RepoTags: [name], Layers: ['base.tar', `${short}.tar`] })
    }
    writeFileSync(join(making, 'manifest.json'), JSON.stringify(manifest))
    renameSync(making, folder)
    return folder
  } finally {
    rmSync(making, { recursive: true, force: true })
  }
}

/** Whatever the images are made of, but for the newest state of Debian's packages. */
export function recipeKey(): string {
  const own = globSync('examples/images/*/**/*.sh', { cwd: root }).sort()
  const texts = own.map(file => readFileSync(join(root, file), 'utf8'))
  return digestOf([packages, leftOut, hooks, configs, process.version, own, texts])
}

/** The path of the root file system's tar. */
async function baseLayer(say: (line: string) => void): Promise<string> {
  const path = join(cache, `debian-${digestOf([packages, leftOut, hooks])}.tar`)
  if (existsSync(path)) return path
  say(`Making a Debian root file system with ${packages.join(', ')} (half a minute, once)`)
  mkdirSync(cache, { recursive: true })
  for (const old of globSync('debian-*', { cwd: cache })) rmSync(join(cache, old), { force: true })
  const making = join(cache, `debian-${process.pid}.new.tar`)
  try {
    await runProgram('mmdebstrap', [
      '--quiet',
      '--variant=essential',
      `--include=${packages.join(',')}`,
      ...leftOut.map(pattern => `--dpkgopt=path-exclude=${pattern}`),
      ...hooks,
      'bookworm',
      making,
    ])
    renameSync(making, path)
    return path
  } finally {
    rmSync(making, { force: true })
  }
}

/** What lies in examples/images/<name>, and for node the program. The same files always make the same tar. */
async function ownLayer(name: string, path: string): Promise<void> {
  const stable = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX']
  const program = 'node_modules/node/bin/node'
  const node = ['--transform', `s,^${program}$,usr/local/bin/node,`, '-C', root, program]
  await runProgram('tar', [
    ...stable,
    '-cf',
    path,
    '-C',
    join(root, 'examples/images', name),
    'usr',
    ...(name === 'node' ? node : []),
  ])
}

const digestOf = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12)

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}
