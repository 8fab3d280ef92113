// Attach: what a container prints from now on, read from its log like everything else, and what is typed, through
// conmon's socket.
import { closeSync, existsSync, statSync, write, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AF, close, connect, O, open, SOCK, socket } from '../../kernel/libc.ts'
import { attachPathOf, controlPathOf } from '../../runtime/conmon.ts'
import { openControl } from './rotated-files.ts'

export const logPathOf = (folder: string): string => join(folder, 'container.log')

/** Where the log ends now: reading from there on shows what comes. */
export function logEnd(folder: string): number {
  const path = logPathOf(folder)
  return existsSync(path) ? statSync(path).size : 0
}

export interface Input {
  write(chunk: Buffer): void
  end(): void
}

/** The container's standard input. conmon listens on a SOCK_SEQPACKET socket, one message a write. */
export function openInput(bundle: string): Input {
  const fd = connectPacket(attachPathOf(bundle))
  let last: Promise<void> = Promise.resolve()
  let open = true
  const put = (chunk: Buffer) =>
    new Promise<void>(resolve => {
      // A container that has ended takes no more input: nobody is there to be told.
      write(fd, chunk, () => resolve())
    })
  return {
    write(chunk) {
      for (let at = 0; at < chunk.length; at += longestMessage) {
        const piece = chunk.subarray(at, at + longestMessage)
        last = last.then(() => (open ? put(piece) : undefined))
      }
    },
    end() {
      last = last.then(() => {
        if (open) closeSync(fd)
        open = false
      })
    },
  }
}

/** conmon reads into a buffer of 8 KiB; a longer message would be cut. */
const longestMessage = 8192

function connectPacket(path: string): number {
  // A socket's address holds 107 bytes of path: go by the folder's descriptor.
  const folder = open(join(path, '..'), O.PATH | O.DIRECTORY)
  const fd = socket(AF.UNIX, SOCK.SEQPACKET, 0)
  try {
    const address = Buffer.alloc(110)
    address.writeUInt16LE(AF.UNIX, 0)
    address.write(`/proc/self/fd/${folder}/attach`, 2)
    connect(fd, address)
    return fd
  } catch (error) {
    close(fd)
    throw error
  } finally {
    close(folder)
  }
}

/** Sets the size of a container's terminal, by conmon's control file. */
export function resizeTerminal(bundle: string, rows: number, columns: number): void {
  const control = openControl(controlPathOf(bundle))
  if (control === undefined) return
  try {
    writeFileSync(control, `1 ${rows} ${columns}\n`)
  } finally {
    closeSync(control)
  }
}
