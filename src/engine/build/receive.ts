// A context that comes with a request: an archive, a Dockerfile alone, or an address of either or of a git repository.
import { createWriteStream, mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { openUrl } from '../../registry/open-url.ts'
import { refuseLonger } from '../../shared/at-most.ts'
import { compressionIn, headOf } from '../../shared/compression.ts'
import { ComposeError, messageOf } from '../../shared/errors.ts'
import { blockSize, isTarHead } from '../../shared/tar/read.ts'
import { unpackIn } from '../images/layers.ts'
import { decompressWith, programFor } from './decompress.ts'
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
  const isFetched = remote !== undefined && remote !== 'client-session'
  await pipeline(isFetched ? await fetched(remote, signal) : body, onlyArchivesLong, createWriteStream(archive), {
    signal,
  })
  if (statSync(archive).size === 0)
    throw new ComposeError('invalid_argument', 'the build context is empty: an archive (tar) was expected')
  const plain = await decompressWith(archive, folder)
  if (!isTar(headOf(plain, blockSize))) {
    refuseLonger(statSync(plain).size, largestDockerfile, 'a Dockerfile that is sent alone')
    return { context: undefined, dockerfile: readFileSync(plain, 'utf8') }
  }
  const unpacking = { base: '/', whiteouts: false, owner: { uid: 0, gid: 0 } }
  const result = await unpackIn(worker, { blob: plain, root: context, options: unpacking })
  if ('error' in result) throw new ComposeError('invalid_argument', `the build context can't be read: ${result.error}`)
  return { context, dockerfile: undefined }
}

/** It is read as a whole. */
const largestDockerfile = 16 * 1024 * 1024

/** What does not begin as an archive is a Dockerfile. */
async function* onlyArchivesLong(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let size = 0
  let head = Buffer.alloc(0)
  for await (const chunk of source) {
    size += chunk.length
    if (head.length < blockSize) head = Buffer.concat([head, chunk]).subarray(0, blockSize)
    if (size > largestDockerfile && !isTar(head) && programFor(head) === undefined)
      refuseLonger(size, largestDockerfile, 'a Dockerfile that is sent alone')
    yield chunk
  }
}

/** Compressed ones are: nobody compresses a Dockerfile. */
function isTar(head: Buffer): boolean {
  // An archive of nothing begins with its end.
  const isEmpty = head.length === blockSize && head.every(byte => byte === 0)
  return compressionIn(head) !== 'none' || isEmpty || isTarHead(head)
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
