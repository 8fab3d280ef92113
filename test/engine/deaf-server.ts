// Mounts a file system on the folder of its first argument that answers nobody who looks for a file, until its input
// ends: the protocol of FUSE, as far as a container needs to be given the folder (include/uapi/linux/fuse.h). Prints
// "mounted", and "asked" when somebody waits.
import { openSync, read, writeSync } from 'node:fs'
import { mount } from '../../src/engine/kernel/libc.ts'

const LOOKUP = 1
const GETATTR = 3
const INIT = 26
/** FORGET and BATCH_FORGET. */
const withoutAnswer = [2, 42]
const ENOSYS = 38

const [, , folder = ''] = process.argv
const fd = openSync('/dev/fuse', 'r+')
mount('deaf', folder, 'fuse', 0, `fd=${fd},rootmode=40000,user_id=0,group_id=0,allow_other`)
console.log('mounted')
process.stdin.resume().on('end', () => process.exit())
const buffer = Buffer.alloc(1 << 17)
next()

function next(): void {
  read(fd, buffer, 0, buffer.length, null, error => {
    if (error) throw error
    const operation = buffer.readUInt32LE(4)
    if (operation === LOOKUP) console.log('asked')
    else if (!withoutAnswer.includes(operation)) writeSync(fd, answer(operation, buffer.readBigUInt64LE(8)))
    next()
  })
}

/** fuse_out_header, and what INIT and GETATTR are answered with. */
function answer(operation: number, unique: bigint): Buffer {
  const body = operation === INIT ? initOut() : operation === GETATTR ? attrOut() : Buffer.alloc(0)
  const header = Buffer.alloc(16)
  header.writeUInt32LE(16 + body.length, 0)
  header.writeInt32LE(body.length > 0 ? 0 : -ENOSYS, 4)
  header.writeBigUInt64LE(unique, 8)
  return Buffer.concat([header, body])
}

/** fuse_init_out: version 7.31 and the least that the kernel takes. */
function initOut(): Buffer {
  const out = Buffer.alloc(64)
  out.writeUInt32LE(7, 0)
  out.writeUInt32LE(31, 4)
  out.writeUInt32LE(4096, 20)
  return out
}

/** fuse_attr_out: the root is a folder. */
function attrOut(): Buffer {
  const out = Buffer.alloc(104)
  out.writeBigUInt64LE(1n, 16)
  out.writeUInt32LE(0o40755, 16 + 60)
  out.writeUInt32LE(2, 16 + 64)
  return out
}
