// `image save`: images as an archive that every engine loads.
import { createWriteStream, rmSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner } from '../../cli/command.ts'
import { interruptible } from '../../cli/perform.ts'
import { requireWords } from '../../cli/service-container.ts'
import { ComposeError } from '../../shared/errors.ts'

class ImageSave extends ComposeCommand {
  static override id = 'image save'
  static override group = 'Images'
  static override description = 'Save one or more images to a tar archive (streamed to STDOUT by default)'
  static override examples = [
    { command: 'image save -o shop.tar shop-web shop-db', description: 'Two images in one file' },
    { command: 'image save shop-web | ssh host tsc-compose image load', description: 'Onto another machine' },
  ]
  static override usage = '[OPTIONS] IMAGE [IMAGE...]'
  static override flags = {
    output: Flags.string({ char: 'o', description: 'Write to a file, instead of STDOUT' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(ImageSave)
    requireWords(this.words, 1)
    if (flags.output === undefined && process.stdout.isTTY && !this.globals.dryRun)
      throw new ComposeError('invalid_argument', 'cowardly refusing to save to a terminal. Use the -o flag or redirect')
    if (this.rehearsed(`save ${this.words.join(', ')} to ${flags.output ?? 'standard output'}`)) return 0
    const { signal, dispose } = interruptible()
    try {
      const docker = await this.engine(signal)
      const archive = await docker.getImages({ names: [...this.words], abortSignal: signal })
      if (flags.output === undefined) for await (const chunk of archive) await written(chunk)
      else await toFile(archive, flags.output, signal)
      return 0
    } finally {
      dispose()
    }
  }
}

/** Half a file is none. */
async function toFile(archive: NodeJS.ReadableStream, path: string, signal: AbortSignal): Promise<void> {
  try {
    await pipeline(archive, createWriteStream(path), { signal })
  } catch (error) {
    rmSync(path, { force: true })
    throw error
  }
}

/** No faster than it is read. */
function written(chunk: Buffer | string): Promise<void> {
  return new Promise(resolve => {
    if (process.stdout.write(chunk)) resolve()
    else process.stdout.once('drain', resolve)
  })
}

export const run = runner(ImageSave)
