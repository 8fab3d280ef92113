// Steps of docker's plugin for AI models.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { ComposeError, messageOf } from '../../shared/errors.ts'
import type { Handlers } from './handlers.ts'

const verbs = {
  pull: { before: 'Pulling', after: 'Pulled' },
  configure: { before: 'Configuring', after: 'Configured' },
} as const

export const modelHandlers = {
  async runModelTool({ name: id, step, program, args, env, quiet }, { onProgress }, signal) {
    const { before, after } = verbs[step]
    onProgress({ id, status: 'Working', text: before })
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], signal })
    let said = ''
    const note = (piece: string) => {
      said = (said + piece).slice(-4096)
      // A terminal shows the last line beside the model; elsewhere that it goes on is told by nothing else.
      const details = said
        .trimEnd()
        .split(/[\r\n]/)
        .at(-1)
      if (!quiet && step === 'pull' && details) onProgress({ id, status: 'Working', text: before, details })
    }
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', note)
    try {
      const [code, name] = await once(child, 'close')
      if (code !== 0)
        throw new ComposeError('unknown', `docker model ${step} ${name ? `signal: ${name}` : `exit status ${code}`}`)
    } catch (error) {
      if (signal.aborted) throw new ComposeError('canceled', 'canceled', { cause: error })
      onProgress({ id, status: 'Error', text: 'Error', details: messageOf(error) })
      throw new ComposeError('unknown', messageOf(error), { hint: said.trim() || undefined, cause: error })
    }
    onProgress({ id, status: 'Done', text: after })
  },
} satisfies Partial<Handlers>
