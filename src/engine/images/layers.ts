// Unpacked layers: `layers/<chain id>/diff`, unpacked once, each on top of its parents, since what a layer only
// implies or links to is decided below it. A folder has its final name only when the diff id was checked.
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { ComposeError, isErrno } from '../../shared/errors.ts'
import { folderSize } from '../../shared/folder-size.ts'
import { createKeyedTurns } from '../../shared/turns.ts'
import { packStream } from '../chrooted/pack-stream.ts'
import type { UnpackResult, UnpackTask } from '../chrooted/unpack.worker.ts'
import type { Workers } from '../chrooted/workers.ts'
import { MS, mount } from '../kernel/libc.ts'
import { mountOverlay, overlayFolders, unmount } from '../kernel/mounts.ts'

export interface Layers {
  has(chainId: string): boolean
  /** The folder of a layer's own files. */
  folder(chainId: string): string
  /** Unpacks the blob of the layer with this diff id on top of `parents` (lowest first); returns its size. */
  unpack(blob: string, diffId: string, parents: readonly string[]): Promise<number>
  /**
   * Makes a layer on top of `parents` (lowest first) of what `work` changes in the root that it is given. Undefined:
   * it changed nothing. `take` is given the tar of a layer that isn't there yet, and returns its digest.
   */
  make(
    parents: readonly string[],
    work: (root: string) => Promise<void>,
    take: (tar: AsyncIterable<Uint8Array>) => Promise<string>,
  ): Promise<string | undefined>
  /** The same of `<folder>/upper`, the upper folder of an overlay on `parents` that is mounted no more. */
  adopt(
    parents: readonly string[],
    folder: string,
    take: (tar: AsyncIterable<Uint8Array>) => Promise<string>,
  ): Promise<string | undefined>
  /** The folders of a chain, top layer first; never none. */
  lowerFolders(diffIds: readonly string[]): string[]
  /** Bytes of all files of these layers. */
  sizeOf(chainIds: readonly string[]): Promise<number>
  /** The chain ids of all that are there. */
  all(): string[]
  remove(chainId: string): void
  /** Removes what an interrupted unpacking left. */
  sweep(): void
}

/** The chain id of a layer (image-spec, config.md): what it is together with everything below it. */
export function chainIds(diffIds: readonly string[]): string[] {
  const chain: string[] = []
  for (const diffId of diffIds) {
    const parent = chain.at(-1)
    chain.push(parent ? `sha256:${createHash('sha256').update(`${parent} ${diffId}`).digest('hex')}` : diffId)
  }
  return chain
}

/** `empty`: a folder that lies below the first layer. */
export function createLayers(folder: string, empty: string, { unpack: worker, pack: packWorker }: Workers): Layers {
  const turns = createKeyedTurns()
  const unpacking = join(folder, 'unpacking')
  const place = (chainId: string) => join(folder, chainId.replace('sha256:', ''))
  const layers: Layers = {
    has: chainId => existsSync(place(chainId)),
    folder: chainId => join(place(chainId), 'diff'),

    unpack(blob, diffId, parents) {
      const chainId = chainIds([...parents, diffId]).at(-1) ?? diffId
      // Two pulls of the same layer unpack it once.
      return turns.run(chainId, async () => {
        if (layers.has(chainId)) return 0
        const temporary = join(unpacking, randomBytes(8).toString('hex'))
        const { upper, work, merged } = overlayFolders(temporary)
        try {
          const lower = chainIds(parents).map(layers.folder).reverse()
          if (lower.length > 0) mountOverlay({ target: merged, lower, upper, work })
          else mount(upper, merged, '', MS.BIND)
          const result = await unpackIn(worker, { blob, root: merged, options: { base: '/', whiteouts: true } })
          if ('error' in result)
            throw new ComposeError('internal', `unpacking a layer failed: ${result.error}`, { path: blob })
          if (result.diffId !== diffId) {
            throw new ComposeError(
              'failed_precondition',
              `a layer does not match the image's configuration: expected ${diffId}, got ${result.diffId}`,
            )
          }
          unmount(merged)
          for (const folder of [work, merged]) rmSync(folder, { recursive: true, force: true })
          renameSync(upper, join(temporary, 'diff'))
          writeFileSync(join(temporary, sizeName), String(result.size))
          renameSync(temporary, place(chainId))
          return result.size
        } finally {
          unmount(merged)
          rmSync(temporary, { recursive: true, force: true })
        }
      })
    },

    async make(parents, work, take) {
      const temporary = join(unpacking, randomBytes(8).toString('hex'))
      const { merged, ...upper } = overlayFolders(temporary)
      try {
        mountOverlay({ target: merged, lower: layers.lowerFolders(parents), ...upper })
        await work(merged)
        unmount(merged)
        return await layers.adopt(parents, temporary, take)
      } finally {
        unmount(merged)
        // Nobody waits for it: what is left of it after a kill the next start sweeps.
        rm(temporary, { recursive: true, force: true }).catch(() => {})
      }
    },

    async adopt(parents, source, take) {
      const upper = join(source, 'upper')
      if (readdirSync(upper).length === 0) return undefined
      const task = {
        root: source,
        path: '/upper',
        statOnly: false,
        name: '',
        attributes: true,
        layer: 'whole',
      } as const
      const { chunks, size } = await packStream(packWorker, task)
      const diffId = await take(chunks)
      const chainId = chainIds([...parents, diffId]).at(-1) ?? diffId
      return turns.run(chainId, async () => {
        if (layers.has(chainId)) return diffId
        const temporary = join(unpacking, randomBytes(8).toString('hex'))
        mkdirSync(temporary, { mode: 0o755 })
        renameSync(upper, join(temporary, 'diff'))
        const known = size()
        if (known !== undefined) writeFileSync(join(temporary, sizeName), String(known))
        renameSync(temporary, place(chainId))
        return diffId
      })
    },

    lowerFolders: diffIds => (diffIds.length > 0 ? chainIds(diffIds).map(layers.folder).reverse() : [empty]),

    async sizeOf(chain) {
      let sum = 0
      for (const chainId of chain) sum += await notedSize(place(chainId))
      return sum
    },
    all: () => readdirSync(folder).flatMap(name => (/^[0-9a-f]{64}$/.test(name) ? [`sha256:${name}`] : [])),
    remove: chainId => rmSync(place(chainId), { recursive: true, force: true }),

    sweep() {
      mkdirSync(unpacking, { recursive: true })
      for (const name of readdirSync(unpacking)) {
        unmount(join(unpacking, name, 'merged'))
        rmSync(join(unpacking, name), { recursive: true, force: true })
      }
      mkdirSync(empty, { recursive: true })
    },
  }
  layers.sweep()
  return layers
}

/** Beside the folder of a layer's files: how many bytes they have. */
const sizeName = 'size'

/** Layers of older engines have no note: it is written when it is missed. */
async function notedSize(place: string): Promise<number> {
  const note = join(place, sizeName)
  const known = await readFile(note, 'utf8').catch(onlyMissing)
  if (known !== undefined) return Number(known)
  const size = await folderSize(join(place, 'diff'))
  await writeFile(note, String(size)).catch(onlyMissing)
  return size
}

function onlyMissing(error: unknown): undefined {
  if (!isErrno(error, 'ENOENT')) throw error
}

/** Unpacks in a thread whose root is the task's. */
export function unpackIn(file: URL, workerData: UnpackTask): Promise<UnpackResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(file, { workerData })
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', () => reject(new ComposeError('internal', 'the thread that unpacks ended without an answer')))
  })
}
