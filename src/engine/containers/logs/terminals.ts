// Pseudo-terminals (pty(7)) for programs that the engine runs in a container.
import { ReadStream } from 'node:tty'
import { close, ioctl, O, open } from '../../kernel/libc.ts'

const TIOCSPTLCK = 0x40045431
const TIOCGPTN = 0x80045430
const TIOCSWINSZ = 0x5414

export interface Terminal {
  /** For the program; closed by release() after it has started. */
  slave: number
  stream: ReadStream
  resize(rows: number, columns: number): void
  release(): void
}

export function openTerminal(): Terminal {
  const master = open('/dev/ptmx', O.RDWR | O.NOCTTY)
  try {
    ioctl(master, TIOCSPTLCK, Buffer.alloc(4))
    const number = Buffer.alloc(4)
    ioctl(master, TIOCGPTN, number)
    const slave = open(`/dev/pts/${number.readUInt32LE(0)}`, O.RDWR | O.NOCTTY)
    const stream = new ReadStream(master)
    return {
      slave,
      stream,
      resize: (rows, columns) => setSize(master, rows, columns),
      release: () => close(slave),
    }
  } catch (error) {
    close(master)
    throw error
  }
}

function setSize(fd: number, rows: number, columns: number): void {
  const size = Buffer.alloc(8)
  size.writeUInt16LE(rows, 0)
  size.writeUInt16LE(columns, 2)
  ioctl(fd, TIOCSWINSZ, size)
}
