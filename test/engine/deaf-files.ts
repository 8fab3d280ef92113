// A file system that never answers who looks for a file on it, like that of an NFS server that is gone. Whoever asks
// waits in the kernel and can't be killed.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { MNT_DETACH, umount } from '../../src/engine/kernel/libc.ts'

const server = new URL('deaf-server.ts', import.meta.url).pathname

export interface DeafFiles extends AsyncDisposable {
  /** Resolves when somebody waits. */
  asked(): Promise<void>
  /** Lets go of whoever waits. */
  [Symbol.asyncDispose](): Promise<void>
}

export async function mountDeafFiles(folder: string): Promise<DeafFiles> {
  mkdirSync(folder)
  // The kernel lets go of who waits when nobody has the server's descriptor any more: a process of its own, which ends
  // with this one too.
  const child = spawn(process.execPath, [server, folder], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const says = async (wanted: string) => {
    const { value } = await lines.next()
    if (value !== wanted) throw new Error(`the file system said ${value} instead of ${wanted}`)
  }
  await says('mounted')
  return {
    asked: () => says('asked'),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await once(child, 'exit')
      umount(folder, MNT_DETACH)
      rmSync(folder, { recursive: true })
    },
  }
}
