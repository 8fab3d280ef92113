// How long a pull takes: an image of six layers and 170 MB of this host's own files, from a registry on loopback; with
// --docker URL Docker's figure beside ours, in turns. Then what the engine holds during a pull of 1 GB.
// `node scripts/bench-pull.ts [--docker URL] [--runs N]`
import { execFileSync } from 'node:child_process'
import { createHash, randomFillSync } from 'node:crypto'
import {
  createReadStream,
  createWriteStream,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { Docker } from '../src/docker/client/docker.ts'
import { parseHost } from '../src/docker/client/endpoint.ts'
import { followProgress } from '../src/docker/protocol/json-lines.ts'
import { hostPlatform } from '../src/registry/platform.ts'
import { padding, tarEnd, tarHead } from '../src/shared/tar/header.ts'
import { startEngine } from '../test/engine/engine-process.ts'
import { startRegistry } from '../test/registry-process.ts'
import { median } from './timing.ts'

const { values } = parseArgs({ options: { docker: { type: 'string' }, runs: { type: 'string', default: '5' } } })
const work = mkdtempSync(join(tmpdir(), 'tsc-bench-pull-'))
const registry = await startRegistry()
const engine = await startEngine()
try {
  const small = await push('ordinary', await hostLayers(6, 170e6 / 6))
  const sides = [
    { name: 'tsc-compose', docker: engine.docker, seconds: [] as number[] },
    ...(values.docker
      ? [{ name: 'docker', docker: new Docker(parseHost(values.docker, () => undefined)), seconds: [] as number[] }]
      : []),
  ]
  for (let run = 0; run < Number(values.runs); run++)
    for (const { docker, seconds } of sides) {
      const begin = performance.now()
      await followProgress(await docker.pull(small))
      seconds.push((performance.now() - begin) / 1000)
      await docker.getImage(small).remove()
    }
  for (const { name, seconds } of sides)
    console.log(`pull of 170 MB in 6 layers, ${name}: ${median(seconds).toFixed(2)} s`)
  const large = await push('large', await noiseLayers(4, 250e6))
  // From here on the highest is counted anew.
  writeFileSync(`/proc/${engine.pid()}/clear_refs`, '5')
  await followProgress(await engine.docker.pull(large))
  const peak = /VmHWM:\s*(\d+) kB/.exec(readFileSync(`/proc/${engine.pid()}/status`, 'utf8'))?.[1]
  console.log(`the engine's memory during a pull of 1 GB: ${Math.round(Number(peak) / 1024)} MiB at most`)
} finally {
  await engine[Symbol.asyncDispose]()
  await registry[Symbol.asyncDispose]()
  rmSync(work, { recursive: true, force: true })
}

/** Tars of the host's own files, each of about `size` bytes. */
async function hostLayers(count: number, size: number): Promise<string[]> {
  const found = execFileSync('find', ['/usr/bin', '/usr/lib', '/usr/share', '-xdev', '-type', 'f', '-size', '-4M'], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  const files = found.trim().split('\n').values()
  const layers: string[] = []
  for (let layer = 0; layer < count; layer++) {
    const list: string[] = []
    for (let left = size; left > 0; ) {
      const path = files.next().value
      if (path === undefined) break
      list.push(path)
      left -= statSync(path).size
    }
    const tar = join(work, `host-${layer}.tar`)
    writeFileSync(`${tar}.list`, list.join('\n'))
    execFileSync('tar', ['-cf', tar, '-C', '/', '-T', `${tar}.list`], { stdio: 'ignore' })
    layers.push(tar)
  }
  return layers
}

/** Files of what no compression makes smaller. */
async function noiseLayers(count: number, size: number): Promise<string[]> {
  const chunk = Buffer.alloc(1e6)
  const layers: string[] = []
  for (let layer = 0; layer < count; layer++) {
    const tar = join(work, `noise-${layer}.tar`)
    const content = function* () {
      yield tarHead({ kind: 'file', name: `noise-${layer}`, mode: 0o644, uid: 0, gid: 0, mtime: 0, size })
      for (let left = size; left > 0; left -= chunk.length) yield Buffer.from(randomFillSync(chunk))
      yield padding(size)
      yield tarEnd()
    }
    await pipeline(Readable.from(content()), createWriteStream(tar))
    layers.push(tar)
  }
  return layers
}

/** By skopeo, so that neither side has anything of it yet. */
async function push(name: string, tars: readonly string[]): Promise<string> {
  const folder = join(work, name)
  mkdirSync(join(folder, 'blobs/sha256'), { recursive: true })
  const layers = []
  for (const tar of tars) {
    const hash = createHash('sha256')
    await pipeline(createReadStream(tar, { highWaterMark: 1 << 20 }), hash)
    const digest = hash.digest('hex')
    linkSync(tar, join(folder, 'blobs/sha256', digest))
    layers.push({
      mediaType: 'application/vnd.oci.image.layer.v1.tar',
      digest: `sha256:${digest}`,
      size: statSync(tar).size,
    })
  }
  const blob = (value: object, mediaType: string) => {
    const text = JSON.stringify(value)
    const digest = createHash('sha256').update(text).digest('hex')
    writeFileSync(join(folder, 'blobs/sha256', digest), text)
    return { mediaType, digest: `sha256:${digest}`, size: Buffer.byteLength(text) }
  }
  const rootfs = { type: 'layers', diff_ids: layers.map(({ digest }) => digest) }
  const config = blob({ ...hostPlatform(), config: {}, rootfs }, 'application/vnd.oci.image.config.v1+json')
  const manifest = blob({ schemaVersion: 2, config, layers }, 'application/vnd.oci.image.manifest.v1+json')
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }))
  execFileSync('skopeo', [
    'copy',
    '-q',
    '--dest-tls-verify=false',
    `oci:${folder}`,
    `docker://${registry.host}/${name}:1`,
  ])
  return `${registry.host}/${name}:1`
}
