// `image import`: a root file system in an archive becomes an image of one layer.
import { createReadStream, statSync } from 'node:fs'
import type { Readable } from 'node:stream'
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner } from '../../cli/command.ts'
import { list } from '../../cli/flags.ts'
import { interruptible } from '../../cli/perform.ts'
import { followProgress } from '../../docker/protocol/json-lines.ts'
import { throwFromDaemon } from '../../scheduler/execute/told.ts'
import { ComposeError } from '../../shared/errors.ts'
import { familiarName, parseReference } from '../../shared/image-reference.ts'

class ImageImport extends ComposeCommand {
  static override id = 'image import'
  static override group = 'Images'
  static override description = 'Import the contents from a tarball to create a filesystem image'
  static override examples = [
    { command: 'image import rootfs.tar.gz shop/base:1', description: 'A file' },
    { command: `export web | tsc-compose image import -c 'CMD ["sh"]' - web-as-it-is`, description: 'From a pipe' },
  ]
  static override usage = '[OPTIONS] FILE|URL|- [REPOSITORY[:TAG]]'
  static override flags = {
    change: list({ char: 'c', helpValue: 'list', description: 'Apply Dockerfile instruction to the created image' }),
    message: Flags.string({ char: 'm', description: 'Set commit message for imported image' }),
    platform: Flags.string({ description: 'Set platform if server is multi-platform capable' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(ImageImport)
    const [from, name, ...more] = this.words
    if (from === undefined || more.length > 0)
      throw new ComposeError('invalid_argument', 'image import takes an archive, and the name of the image')
    const reference = name === undefined ? undefined : parseReference(name)
    const source = sourceOf(from)
    if (this.rehearsed(`import ${from === '-' ? 'standard input' : from}${name ? ` as image ${name}` : ''}`)) return 0
    const { signal, dispose } = interruptible()
    try {
      const docker = await this.engine(signal)
      const stream = await docker
        .importImage(typeof source === 'string' ? source : source(), {
          ...(reference ? { repo: familiarName(reference), tag: reference.tag ?? 'latest' } : {}),
          changes: flags.change,
          message: flags.message,
          platform: flags.platform,
          abortSignal: signal,
        })
        .catch(throwFromDaemon)
      let id = ''
      await followProgress(stream, ({ status = '' }) => {
        id = status
      })
      process.stdout.write(`${id}\n`)
      return 0
    } finally {
      dispose()
    }
  }
}

/** An address is the engine's to fetch. */
function sourceOf(from: string): string | (() => Readable) {
  if (/^https?:\/\//.test(from)) return from
  if (from === '-') {
    if (process.stdin.isTTY)
      throw new ComposeError('invalid_argument', 'requested import from stdin, but stdin is empty')
    return () => process.stdin
  }
  if (!statSync(from, { throwIfNoEntry: false })?.isFile())
    throw new ComposeError('not_found', `open ${from}: no such file or directory`)
  return () => createReadStream(from)
}

export const run = runner(ImageImport)
