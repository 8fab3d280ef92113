// A tar of a few small files, for what is written into a container before its start.
import type { InjectedFile } from '../border/draft.ts'

/** ustar; paths of more than 100 bytes are split as the format allows. */
export function tarOf(files: readonly InjectedFile[]): Buffer {
  const parts = files.flatMap(file => {
    const data = Buffer.from(file.content)
    return [header(file, data.length), data, Buffer.alloc((512 - (data.length % 512)) % 512)]
  })
  return Buffer.concat([...parts, Buffer.alloc(1024)])
}

function header(file: InjectedFile, size: number): Buffer {
  const block = Buffer.alloc(512)
  const [prefix, name] = splitPath(file.path.replace(/^\/+/, ''))
  block.write(name, 0, 100)
  const octal = (value: number, at: number, length: number) =>
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, length, 'latin1')
  octal(file.mode & 0o7777, 100, 8)
  octal(file.uid, 108, 8)
  octal(file.gid, 116, 8)
  octal(size, 124, 12)
  octal(Math.floor(Date.now() / 1000), 136, 12)
  block.write('        0', 148, 9, 'latin1')
  block.write('ustar\x0000', 257, 8, 'latin1')
  block.write(prefix, 345, 155)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8, 'latin1')
  return block
}

function splitPath(path: string): [prefix: string, name: string] {
  if (Buffer.byteLength(path) <= 100) return ['', path]
  const cut = path.indexOf('/', path.length - 101)
  return [path.slice(0, cut), path.slice(cut + 1)]
}
