// What ADD knows beyond COPY: addresses, git repositories, and archives of the context, which are unpacked.
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, mkdirSync, statSync, utimesSync } from 'node:fs'
import { join, posix } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { openUrl } from '../../registry/open-url.ts'
import { ComposeError, messageOf } from '../../shared/errors.ts'
import { ignoreMatcher } from '../../shared/ignore-patterns.ts'
import { isPattern } from '../../shared/path-pattern.ts'
import { resolveInside } from '../chrooted/select-files.ts'
import { decompressWith, isArchive } from './decompress.ts'
import { flagOf, type Instruction, isSet } from './dockerfile/instruction.ts'
import { cloneRepository, isGitAddress } from './git.ts'
import type { Source } from './sources.ts'
import { expandFlag, placeOf, type StageContext } from './stage-context.ts'

export interface Added {
  /** Names of the context that are copied as they are. */
  local: string[]
  /** Folders of files that were fetched. */
  folders: { path: string; names: string[] }[]
  /** Tars, maybe compressed, and what they hold by digest. */
  archives: { path: string; digest: string }[]
}

export async function readAdded(
  context: StageContext,
  instruction: Instruction,
  names: readonly string[],
  from: Source,
): Promise<Added> {
  const path = placeOf(context, instruction)
  const unpack = flagOf(instruction, 'unpack') === undefined ? undefined : isSet(instruction, 'unpack', path)
  const checksum = expandFlag(context, instruction, 'checksum')
  const added: Added = { local: [], folders: [], archives: [] }
  for (const [index, name] of names.entries()) {
    const folder = join(context.build.folder, `added-${context.stage.index}-${instruction.first}-${index}`)
    if (isGitAddress(name)) {
      mkdirSync(folder, { recursive: true })
      const wanted = flagOf(instruction, 'keep-git-dir') !== undefined
      const place = await cloneRepository(name, folder, {
        keepGitFolder: wanted ? isSet(instruction, 'keep-git-dir', path) : undefined,
        commit: checksum,
        access: context.build.request,
        signal: context.build.signal,
      })
      added.folders.push({ path: place, names: ['.'] })
    } else if (/^https?:\/\//.test(name)) {
      mkdirSync(folder, { recursive: true })
      const file = await download(name, folder, checksum, context.build.signal)
      if (unpack) added.archives.push(await archiveAt(file, folder))
      else added.folders.push({ path: folder, names: [posix.basename(file)] })
    } else {
      if (checksum !== undefined)
        throw new ComposeError('invalid_argument', 'checksum is only supported for HTTP(S) and Git sources', { path })
      const archive = unpack === false || isPattern(name) ? undefined : await localArchive(from, name)
      if (archive === undefined) added.local.push(name)
      else {
        mkdirSync(folder, { recursive: true })
        added.archives.push(await archiveAt(archive, folder))
      }
    }
  }
  return added
}

async function archiveAt(path: string, folder: string): Promise<{ path: string; digest: string }> {
  const plain = await decompressWith(path, folder)
  const hash = createHash('sha256')
  await pipeline(createReadStream(plain), hash)
  return { path: plain, digest: `sha256:${hash.digest('hex')}` }
}

/** By its first bytes, whatever its name is. What .dockerignore leaves out isn't there. */
async function localArchive(from: Source, name: string): Promise<string | undefined> {
  const root = from.path()
  const inside = resolveInside(root, posix.join('/', name).slice(1))
  if (inside === undefined || ignoreMatcher(from.ignored)(inside)) return undefined
  const path = join(root, inside)
  return statSync(path).isFile() && (await isArchive(path)) ? path : undefined
}

async function download(
  address: string,
  folder: string,
  checksum: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const url = new URL(address)
  const name = posix.basename(decodeURIComponent(url.pathname))
  if (name === '')
    throw new ComposeError('invalid_argument', `can't tell a file's name from ${address}`, {
      hint: 'an address whose path ends in a name',
    })
  const path = join(folder, name)
  const hash = createHash('sha256')
  try {
    const { body, headers } = await openUrl(address, { env: process.env, signal })
    await pipeline(
      body,
      async function* (chunks) {
        for await (const chunk of chunks) {
          hash.update(chunk)
          yield chunk
        }
      },
      createWriteStream(path, { mode: 0o600 }),
      { signal },
    )
    const modified = Date.parse(headers['last-modified'] ?? '') / 1000 || 0
    utimesSync(path, modified, modified)
  } catch (error) {
    signal.throwIfAborted()
    // Which name the address.
    if (error instanceof ComposeError) throw error
    throw new ComposeError('unavailable', `can't fetch ${address}: ${messageOf(error)}`, { cause: error })
  }
  const digest = `sha256:${hash.digest('hex')}`
  if (checksum !== undefined && digest !== checksum)
    throw new ComposeError('failed_precondition', `digest mismatch for ${address}: expected ${checksum}, got ${digest}`)
  return path
}
