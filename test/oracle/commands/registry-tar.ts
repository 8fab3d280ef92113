// A root file system with Debian's docker-registry on port 5000, in place of the image registry:3 of the recordings.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { writeTar } from '../../../src/shared/tar/write.ts'

const program = '/usr/bin/docker-registry'
const config =
  'version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: /data}}\nhttp: {addr: ":5000"}\n'

export function registryTar(): Buffer {
  const listed = execFileSync('ldd', [program], { encoding: 'utf8' })
  const libraries = [...listed.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map(([, path = '']) => path)
  const file = (path: string, content: string | Buffer) => ({ path, content, mode: 0o755, uid: 0, gid: 0 })
  return writeTar([
    file('/docker-registry', readFileSync(program)),
    file('/config.yml', config),
    ...libraries.map(path => file(path, readFileSync(path))),
  ])
}
