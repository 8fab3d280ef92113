// A thread that reads a path of a container as a tar and ends. Everything it needs is loaded before it changes its
// root: a later import would run a file of the container.
import { once } from 'node:events'
import { posix } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { ComposeError, type ErrorCode, messageOf } from '../../shared/errors.ts'
import { packPath } from '../../shared/tar/pack.ts'
import { CLONE, chroot, unshare } from '../kernel/libc.ts'
import { isOpaque, readAttributes } from './attributes.ts'
import { isChange } from './layer-changes.ts'
import { type FoundPath, findPath } from './path-stat.ts'

export interface PackTask {
  /** A container's root, on the host. */
  root: string
  /** In the container. */
  path: string
  /** Nothing is packed: what it is was the question. */
  statOnly: boolean
  /** Undefined: the last part of the path. */
  name?: string
  /** Extended attributes too. */
  attributes: boolean
  /**
   * It is the upper folder of an overlay, and becomes a layer of an image: all of it, or without what the engine mounts
   * into every container.
   */
  layer?: 'whole' | 'changes'
}

/**
 * The first message tells what there is, or that there is nothing; chunks follow, and at the end how many bytes the
 * files had that were packed.
 */
export type PackMessage = { found: FoundPath | undefined } | { chunk: Uint8Array } | { size: number } | PackFailure

export interface PackFailure {
  error: string
  /** Of a failure that the one who asked is to blame for. */
  code?: ErrorCode
}

/** Chunks on their way that nobody has taken yet. */
const ahead = 4
const messageSize = 1 << 18

const port = parentPort
// Only packStream() starts this file.
const task = workerData as PackTask

/** Small pieces together: a message for each head of each file would be what takes the time. */
function* gathered(pieces: Iterable<Buffer>): Generator<Buffer> {
  let waiting: Buffer[] = []
  let size = 0
  for (const piece of pieces) {
    waiting.push(piece)
    size += piece.length
    if (size < messageSize) continue
    yield waiting.length === 1 ? piece : Buffer.concat(waiting)
    waiting = []
    size = 0
  }
  if (size > 0) yield Buffer.concat(waiting)
}

async function run(say: (message: PackMessage) => void): Promise<void> {
  unshare(CLONE.FS)
  chroot(task.root)
  const found = findPath(task.path)
  say({ found })
  if (!found || task.statOnly || !port) return
  const name =
    task.name ??
    (/\/\.$|^\.?$/.test(task.path) || found.path === '/' ? '.' : posix.basename(posix.join('/', task.path)))
  let outstanding = 0
  let size = 0
  port.on('message', () => outstanding--)
  const options = {
    name,
    ...(task.attributes ? { attributesOf: readAttributes } : {}),
    ...(task.layer ? { layer: { isOpaque } } : {}),
    ...(task.layer === 'changes' ? { wanted: isChange } : {}),
    onFile(bytes: number) {
      size += bytes
    },
  }
  for (const chunk of gathered(packPath(found.path, options))) {
    say({ chunk })
    outstanding++
    while (outstanding >= ahead) await once(port, 'message')
  }
  say({ size })
}

run(message => port?.postMessage(message)).then(
  () => port?.close(),
  error => {
    const code = error instanceof ComposeError ? { code: error.code } : {}
    port?.postMessage({ error: messageOf(error), ...code } satisfies PackMessage)
    port?.close()
  },
)
