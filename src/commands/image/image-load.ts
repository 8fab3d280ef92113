// `image load`: images out of an archive.
import { createReadStream, existsSync } from 'node:fs'
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner } from '../../cli/command.ts'
import { interruptible } from '../../cli/perform.ts'
import { followProgress } from '../../docker/protocol/json-lines.ts'
import { ComposeError } from '../../shared/errors.ts'

class ImageLoad extends ComposeCommand {
  static override id = 'image load'
  static override group = 'Images'
  static override description = 'Load an image from a tar archive or STDIN'
  static override examples = [
    { command: 'image load -i shop.tar', description: 'What image save or docker save wrote' },
    {
      command: 'skopeo copy docker://alpine docker-archive:/dev/stdout | tsc-compose image load',
      description: 'From another tool',
    },
  ]
  static override usage = '[OPTIONS]'
  static override flags = {
    input: Flags.string({ char: 'i', description: 'Read from tar archive file, instead of STDIN' }),
    quiet: Flags.boolean({ char: 'q', description: 'Suppress the load output' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(ImageLoad)
    if (flags.input === undefined && process.stdin.isTTY)
      throw new ComposeError('invalid_argument', 'requested load from stdin, but stdin is empty')
    if (flags.input !== undefined && !existsSync(flags.input))
      throw new ComposeError('not_found', `open ${flags.input}: no such file or directory`)
    if (this.rehearsed(`load images from ${flags.input ?? 'standard input'}`)) return 0
    const { signal, dispose } = interruptible()
    try {
      const docker = await this.engine(signal)
      const archive = flags.input === undefined ? process.stdin : createReadStream(flags.input)
      await followProgress(await docker.loadImage(archive, { abortSignal: signal }), ({ stream }) => {
        if (stream && !flags.quiet) process.stdout.write(stream)
      })
      return 0
    } finally {
      dispose()
    }
  }
}

export const run = runner(ImageLoad)
