// Archives that Node can't decompress by itself: by the host's programs, into a file.
import { spawn } from 'node:child_process'
import { closeSync, createWriteStream, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ComposeError } from '../../shared/errors.ts'
import { executablePath } from '../runtime/runtime.ts'

/** The path of a tar that is plain, or compressed as layers may be (gzip, zstd). */
export async function decompressWith(path: string, folder: string): Promise<string> {
  const program = programFor(path)
  if (program === undefined) return path
  const file = executablePath(program)
  if (!file)
    throw new ComposeError('failed_precondition', `${program} is not installed, and an archive needs it`, {
      hint: `apt-get install -y ${program === 'xz' ? 'xz-utils' : program}`,
    })
  const plain = join(folder, 'plain.tar')
  const child = spawn(file, ['-dc', path], { stdio: ['ignore', 'pipe', 'pipe'] })
  let complaint = ''
  child.stderr.on('data', chunk => {
    complaint += chunk
  })
  const ended = new Promise<number | null>((resolve, reject) => child.once('exit', resolve).once('error', reject))
  await pipeline(child.stdout, createWriteStream(plain))
  const code = await ended
  if (code !== 0) throw new ComposeError('invalid_argument', `${program}: ${complaint.trim() || `exit code ${code}`}`)
  return plain
}

function programFor(path: string): string | undefined {
  const head = Buffer.alloc(6)
  const fd = openSync(path, 'r')
  try {
    readSync(fd, head, 0, head.length, 0)
  } finally {
    closeSync(fd)
  }
  if (head.toString('hex') === 'fd377a585a00') return 'xz'
  return head.toString('latin1', 0, 3) === 'BZh' ? 'bzip2' : undefined
}
