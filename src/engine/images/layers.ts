// Unpacked layers: `layers/<chain id>/diff`, unpacked once, each on top of its parents, since what a layer only
// implies or links to is decided below it. A folder has its final name only when the diff id was checked.
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { ComposeError } from '../../shared/errors.ts'
import { createKeyedTurns } from '../../shared/turns.ts'
import type { UnpackResult, UnpackTask } from '../chrooted/unpack.worker.ts'
import { MS, mount } from '../kernel/libc.ts'
import { mountOverlay, unmount } from '../kernel/mounts.ts'

export interface Layers {
  has(chainId: string): boolean
  /** The folder of a layer's own files. */
  folder(chainId: string): string
  /** Unpacks the blob of the layer with this diff id on top of `parents` (lowest first); returns its size. */
  unpack(blob: string, diffId: string, parents: readonly string[]): Promise<number>
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

export function createLayers(folder: string, worker: URL): Layers {
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
        const [diff, work, merged] = ['diff', 'work', 'merged'].map(name => join(temporary, name)) as [
          string,
          string,
          string,
        ]
        for (const path of [diff, work, merged]) mkdirSync(path, { recursive: true, mode: 0o755 })
        try {
          const lower = chainIds(parents).map(layers.folder).reverse()
          if (lower.length > 0) mountOverlay({ target: merged, lower, upper: diff, work })
          else mount(diff, merged, '', MS.BIND)
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
          rmSync(work, { recursive: true, force: true })
          renameSync(temporary, place(chainId))
          return result.size
        } finally {
          unmount(merged)
          rmSync(temporary, { recursive: true, force: true })
        }
      })
    },

    remove: chainId => rmSync(place(chainId), { recursive: true, force: true }),

    sweep() {
      mkdirSync(unpacking, { recursive: true })
      for (const name of readdirSync(unpacking)) {
        unmount(join(unpacking, name, 'merged'))
        rmSync(join(unpacking, name), { recursive: true, force: true })
      }
    },
  }
  layers.sweep()
  return layers
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
