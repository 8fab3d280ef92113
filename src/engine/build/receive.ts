// A context that comes with a request: an archive, a Dockerfile alone, or an address of either or of a git repository.
import { closeSync, createWriteStream, mkdirSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { openUrl } from '../../registry/open-url.ts'
import { ComposeError, messageOf } from '../../shared/errors.ts'
import { unpackIn } from '../images/layers.ts'
import { decompressWith } from './decompress.ts'
import { cloneRepository, type GitAccess, isGitAddress } from './git.ts'

export interface ReceiveOptions {
  /** Empty; what comes is put there. */
  folder: string
  body: Readable
  remote: string | undefined
  /** Of a git repository; undefined: as its address says. */
  keepGitFolder?: boolean | undefined
  access?: GitAccess | undefined
  worker: URL
  signal: AbortSignal
}

export interface Received {
  context: string | undefined
  /** Its text, where it came alone. */
  dockerfile: string | undefined
}

export async function receiveContext(options: ReceiveOptions): Promise<Received> {
  const { folder, body, remote, keepGitFolder, access, worker, signal } = options
  const context = join(folder, 'context')
  mkdirSync(context)
  if (remote !== undefined && isGitAddress(remote)) {
    body.resume()
    return {
      context: await cloneRepository(remote, context, { keepGitFolder, access, signal }),
      dockerfile: undefined,
    }
  }
  const archive = join(folder, 'archive')
  await pipeline(
    remote === undefined || remote === 'client-session' ? body : await fetched(remote, signal),
    createWriteStream(archive),
    { signal },
  )
  if (statSync(archive).size === 0)
    throw new ComposeError('invalid_argument', 'the build context is empty: an archive (tar) was expected')
  const plain = await decompressWith(archive, folder)
  if (!isTar(plain)) return { context: undefined, dockerfile: readFileSync(plain, 'utf8') }
  const unpacking = { base: '/', whiteouts: false, owner: { uid: 0, gid: 0 } }
  const result = await unpackIn(worker, { blob: plain, root: context, options: unpacking })
  if ('error' in result) throw new ComposeError('invalid_argument', `the build context can't be read: ${result.error}`)
  return { context, dockerfile: undefined }
}

/** Compressed ones are: nobody compresses a Dockerfile. */
function isTar(path: string): boolean {
  const head = Buffer.alloc(512)
  const fd = openSync(path, 'r')
  try {
    const count = readSync(fd, head, 0, head.length, 0)
    return (
      (head[0] === 0x1f && head[1] === 0x8b) ||
      head.readUInt32LE(0) === 0xfd2fb528 ||
      (count === 512 &&
        (head.toString('latin1', 257, 262) === 'ustar' ||
          head.every(byte => byte === 0) ||
          /^[0-7 \0]{8}$/.test(head.toString('latin1', 148, 156))))
    )
  } finally {
    closeSync(fd)
  }
}

async function fetched(address: string, signal: AbortSignal): Promise<Readable> {
  try {
    return (await openUrl(address, { env: process.env, signal })).body
  } catch (error) {
    signal.throwIfAborted()
    // Which names the address.
    throw new ComposeError('unavailable', `can't fetch the build context: ${messageOf(error)}`, { cause: error })
  }
}
