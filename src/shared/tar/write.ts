// Writes tar archives of files that are in memory. read.ts reads them back.
import { padding, tarEnd, tarHead } from './header.ts'

export interface TarFile {
  /** A leading slash is left out, as all tar programs do. */
  path: string
  content: string | Uint8Array
  /** Permission bits. */
  mode: number
  uid: number
  gid: number
}

/** The whole archive. `mtime`: seconds since 1970. */
export function writeTar(files: readonly TarFile[], mtime = Math.floor(Date.now() / 1000)): Buffer {
  return Buffer.concat([...files.flatMap(file => entry(file, mtime)), tarEnd()])
}

function entry({ path, content, mode, uid, gid }: TarFile, mtime: number): Buffer[] {
  const data = Buffer.from(content as Uint8Array) // Buffer.from takes both; its overloads don't take the union
  const name = path.replace(/^\/+/, '')
  return [tarHead({ kind: 'file', name, mode, uid, gid, size: data.length, mtime }), data, padding(data.length)]
}
