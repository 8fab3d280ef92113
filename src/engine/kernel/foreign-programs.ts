// Whether this machine runs programs of another architecture: by itself, or through a handler of binfmt_misc
// (kernel documentation, admin-guide/binfmt-misc).
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { hostPlatform, type Platform } from '../../registry/platform.ts'

/** e_machine of ELF, and whether its bytes are in the big order. */
const machines: Readonly<Record<string, { machine: number; big?: boolean }>> = {
  '386': { machine: 3 },
  amd64: { machine: 62 },
  arm: { machine: 40 },
  arm64: { machine: 183 },
  loong64: { machine: 258 },
  mips64le: { machine: 8 },
  ppc64le: { machine: 21 },
  riscv64: { machine: 243 },
  s390x: { machine: 22, big: true },
}

const alsoNative: Readonly<Record<string, string>> = { amd64: '386', arm64: 'arm' }

export function canRun({ os, architecture }: Platform, folder = '/proc/sys/fs/binfmt_misc'): boolean {
  const host = hostPlatform()
  if (os !== host.os) return false
  if (architecture === host.architecture || architecture === alsoNative[host.architecture]) return true
  return handlers(folder).some(text => handles(text, architecture))
}

function handlers(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter(name => name !== 'register' && name !== 'status')
    return names.map(name => readFileSync(join(folder, name), 'utf8'))
  } catch {
    // Not mounted: there are none.
    return []
  }
}

/** With the flag F, since inside a container its interpreter's path is another file's or nobody's. */
function handles(text: string, architecture: string): boolean {
  const wanted = machines[architecture]
  const magic = Buffer.from(/^magic ([0-9a-f]+)$/m.exec(text)?.[1] ?? '', 'hex')
  if (!wanted || !/^enabled$/m.test(text) || !/^flags: \w*F/m.test(text)) return false
  if (magic.length < 20 || magic.toString('latin1', 0, 4) !== '\x7fELF') return false
  return (wanted.big ? magic.readUInt16BE(18) : magic.readUInt16LE(18)) === wanted.machine
}
