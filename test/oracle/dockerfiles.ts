// `npm run test:oracle:build [DOCKER_HOST [EXPRESSION OF NAMES]]`: the Dockerfiles of test/engine, given to the builder of a
// real Docker and to ours.
// What a shell in the image says is compared, then the image itself: its files with kind, mode, owner, content and
// attributes, and its configuration.
import { execFile, execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { readTar } from '../../src/shared/tar/read.ts'
import { busyboxTar } from '../busybox.ts'
import { build } from '../engine/builds.ts'
import { dockerfiles, type Row } from '../engine/dockerfiles.ts'
import { startEngine, type TestEngine } from '../engine/engine-process.ts'
import { importBusybox } from '../engine/run.ts'

const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'tsc-oracle-'))
const env = { ...process.env, ...(process.argv[2] ? { DOCKER_HOST: process.argv[2] } : {}) }
const docker = (...args: string[]) => run('docker', args, { env, maxBuffer: 1 << 28 })

async function main(): Promise<number> {
  try {
    await docker('buildx', 'version')
  } catch {
    console.error(
      'No Docker with buildx is at hand: name its socket, npm run test:oracle:build -- unix:///run/docker.sock',
    )
    return 2
  }
  execFileSync('docker', ['import', '-c', 'CMD ["sh"]', '-', 'busybox:latest'], {
    env,
    input: readFileSync(busyboxTar()),
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  await using engine = await startEngine()
  await engine.docker.negotiate()
  await importBusybox(engine)
  let different = 0
  let unknown = 0
  const [, , , pattern = ''] = process.argv
  const rows = dockerfiles.filter(([name]) => new RegExp(pattern).test(name))
  for (const row of rows) {
    const found = await compare(engine, row).catch(error => [String(error.stderr || error)])
    if (found.length === 0) continue
    if (found.some(line => isNewer.test(line))) {
      unknown++
      continue
    }
    different++
    console.log(`${row[0]}\n${found.map(line => `    ${line}`).join('\n')}`)
  }
  console.log(
    `\n${rows.length} Dockerfiles: ${rows.length - different - unknown} the same, ${unknown} use what this Docker does not know yet, ${different} differ`,
  )
  return different === 0 ? 0 : 1
}

/** What older builders say of flags that came later. */
const isNewer = /unknown flag: (?:parents|exclude|unpack)|unexpected key 'env'/

async function compare(engine: TestEngine, row: Row): Promise<string[]> {
  const [name, dockerfile, script, expected, files = {}, wanted = {}] = row
  const context = join(folder, 'context')
  rmSync(folder, { recursive: true, force: true })
  for (const [path, content] of Object.entries({ ...files, Dockerfile: dockerfile })) {
    mkdirSync(dirname(join(context, path)), { recursive: true })
    writeFileSync(join(context, path), content)
  }
  const other = join(folder, 'other')
  mkdirSync(other)
  writeFileSync(join(other, 'f'), 'F')
  if (name === 'COPY keeps links in what it copies') {
    mkdirSync(join(context, 'd'))
    writeFileSync(join(context, 'd/f'), '')
    symlinkSync('f', join(context, 'd/l'))
  }
  const contexts = dockerfile.includes('--from=other') ? { other } : {}
  const ours = await build(engine, { ...wanted, Context: context, Contexts: contexts })
  if (!ours.id) return [`ours: ${ours.error?.message}`]
  await docker(...buildxOf(row, context, contexts))
  const differences: string[] = []
  const said = script === '' ? '' : (await docker('run', '--rm', '--entrypoint', 'sh', 'theirs', '-c', script)).stdout
  if (said.trimEnd() !== expected)
    differences.push(`expected ${JSON.stringify(expected)}, theirs ${JSON.stringify(said.trimEnd())}`)
  const container = await engine.docker.createContainer({ Image: ours.id, Cmd: ['true'], Entrypoint: [] })
  const [own, their] = [await listing(await container.export()), await theirListing()]
  await container.remove()
  for (const path of new Set([...own.keys(), ...their.keys()]))
    if (own.get(path) !== their.get(path)) differences.push(`${path}: ours ${own.get(path)}, theirs ${their.get(path)}`)
  const { Config } = await engine.docker.getImage(ours.id).inspect()
  const { stdout: text } = await docker('image', 'inspect', 'theirs', '--format', '{{json .Config}}')
  const [ownConfig, theirConfig] = [configOf(Config ?? {}), configOf(JSON.parse(text))]
  if (ownConfig !== theirConfig) differences.push(`ours ${ownConfig}`, `theirs ${theirConfig}`)
  return differences
}

function buildxOf([, , , , , wanted = {}]: Row, context: string, contexts: Record<string, string>): string[] {
  const pairs = (map: Record<string, string> = {}) => Object.entries(map).map(([name, value]) => `${name}=${value}`)
  const each = (flag: string, values: readonly string[]) => values.flatMap(value => [flag, value])
  const secrets = Object.entries(wanted.Secrets ?? {}).map(([id, content]) => {
    writeFileSync(join(folder, id), Buffer.from(content, 'base64'))
    return `id=${id},src=${join(folder, id)}`
  })
  return [
    ...['buildx', 'build', '-q', '--load', '-t', 'theirs'],
    ...each('--build-arg', pairs(wanted.Args)),
    ...each('--build-context', pairs(contexts)),
    ...each('--secret', secrets),
    ...each('--add-host', wanted.ExtraHosts ?? []),
    ...each(
      '--ulimit',
      (wanted.Ulimits ?? []).map(({ Name, Soft, Hard }) => `${Name}=${Soft}:${Hard}`),
    ),
    ...each('--shm-size', wanted.ShmSize ? [String(wanted.ShmSize)] : []),
    context,
  ]
}

async function theirListing(): Promise<Map<string, string>> {
  const { stdout } = await docker('create', '--entrypoint', 'true', 'theirs')
  const id = stdout.trim()
  const path = join(folder, 'theirs.tar')
  execFileSync('docker', ['export', '-o', path, id], { env })
  await docker('rm', id)
  return listing([readFileSync(path)])
}

/** Without what the engines put into every container. */
const everywhere = /^(?:\.dockerenv|proc|sys|dev(?:\/.*)?|etc(?:\/(?:hosts|hostname|resolv\.conf|mtab))?)?\/?$/

async function listing(tar: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  async function* chunks() {
    yield* tar
  }
  for await (const { entry, content } of readTar(chunks())) {
    const hash = createHash('sha256')
    for await (const piece of content()) hash.update(piece)
    const { name, type, mode, uid, gid, linkName, xattrs } = entry
    if (everywhere.test(name)) continue
    const attributes = [...xattrs].map(([key, value]) => `${key}=${value.toString('hex')}`).join(' ')
    found.set(
      name.replace(/\/$/, ''),
      [
        type,
        mode.toString(8),
        `${uid}:${gid}`,
        linkName,
        type === 'file' ? hash.digest('hex').slice(0, 12) : '',
        attributes,
      ].join(' '),
    )
  }
  return found
}

/** What is set, whatever stands for unset. */
function configOf(config: object): string {
  const set = Object.entries(config)
    .filter(
      ([key]) =>
        ![
          'Hostname',
          'Domainname',
          'AttachStdin',
          'AttachStdout',
          'AttachStderr',
          'Tty',
          'OpenStdin',
          'StdinOnce',
          'Image',
          'ArgsEscaped',
        ].includes(key),
    )
    // An engine that knows no PATH of the image adds the one that it gives.
    .map(
      ([key, value]) =>
        [
          key,
          key === 'Env' && Array.isArray(value) ? value.filter(entry => !String(entry).startsWith('PATH=')) : value,
        ] as const,
    )
    .filter(
      ([, value]) =>
        value !== null &&
        value !== '' &&
        value !== undefined &&
        !(typeof value === 'object' && Object.keys(value ?? {}).length === 0),
    )
    .sort()
  return JSON.stringify(set, (_, value: unknown) =>
    value && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort())
      : value,
  )
}

process.exitCode = await main().finally(() => rmSync(folder, { recursive: true, force: true }))
