// Where files come from. The model reads nothing but through this interface.

import { isUtf8 } from 'node:buffer'
import { lstatSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, parse, sep } from 'node:path'
import { ComposeError, isErrno } from '../../shared/errors.ts'

/** Where files come from: the file system, or a map in a test. Paths are absolute. */
export interface FileSource {
  /** Undefined when there is no such file; throws ComposeError when it cannot be read. */
  read(path: string): string | undefined
  kind(path: string): 'file' | 'folder' | undefined
  stdin(): string
  /** The path with the first symbolic link in it resolved. */
  followLink?(path: string): string
  /** Without symbolic links; the path itself when there is nothing. */
  realPath?(path: string): string
}

export function fileSystem(): FileSource {
  return {
    read(path) {
      try {
        return decode(readFileSync(path), path)
      } catch (error) {
        if (error instanceof ComposeError) throw error
        if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined
        if (isErrno(error, 'EISDIR')) throw unreadable(`read ${path}: is a directory`, path, error)
        if (isErrno(error, 'EACCES', 'EPERM')) throw unreadable(`open ${path}: permission denied`, path, error)
        throw unreadable(`open ${path}: ${error instanceof Error ? error.message : ''}`, path, error)
      }
    },
    kind(path) {
      const stats = statSync(path, { throwIfNoEntry: false })
      if (stats === undefined) return undefined
      return stats.isDirectory() ? 'folder' : 'file'
    },
    stdin: () => decode(readFileSync(0), '-'),
    followLink,
    realPath(path) {
      try {
        return realpathSync(path)
      } catch {
        return path
      }
    },
  }
}

function decode(content: Buffer, path: string): string {
  if (content[0] === 0xff && content[1] === 0xfe) return content.subarray(2).toString('utf16le')
  if (!isUtf8(content))
    throw new ComposeError('invalid_argument', `${path}: invalid UTF-8`, {
      path,
      hint: 'Save the file as UTF-8.',
    })
  return content.toString('utf8')
}

function unreadable(sentence: string, path: string, cause: unknown): ComposeError {
  return new ComposeError('failed_precondition', sentence, { path, cause })
}

function followLink(path: string): string {
  const { root } = parse(path)
  let current = root
  for (const part of path.slice(root.length).split(sep)) {
    current = join(current, part)
    if (lstatSync(current, { throwIfNoEntry: false })?.isSymbolicLink() !== true) continue
    try {
      return join(realpathSync(current), path.slice(current.length))
    } catch {
      return path
    }
  }
  return path
}

/** The file's text; an error in Compose's words when there is none. */
export function readOrFail(source: FileSource, path: string): string {
  const text = source.read(path)
  if (text !== undefined) return text
  throw new ComposeError('not_found', `open ${path}: no such file or directory`, {
    path,
    hint: source.kind(dirname(path)) === undefined ? `There is no folder ${dirname(path)}.` : undefined,
  })
}
