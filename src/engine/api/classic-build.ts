// The stream of Docker's classic builder: texts for people, the image's id for programs, and an error as the last line.
import type { BuildEvent } from '../../docker/protocol/build-events.ts'
import { ComposeError, messageOf } from '../../shared/errors.ts'

export interface ClassicStream {
  event(event: BuildEvent): void
  done(): void
  failed(error: unknown): void
}

/** `quiet`: only the id. */
export function classicStream(push: (message: object) => void, quiet: boolean): ClassicStream {
  const say = (text: string) => {
    if (!quiet) push({ stream: text })
  }
  return {
    event(event) {
      switch (event.type) {
        case 'begin':
          say(`Step ${event.step} : ${event.name}\n`)
          return
        case 'end':
          if (event.outcome === 'cached') say(' ---> Using cache\n')
          return
        case 'output':
          say(event.text)
          return
        case 'warning':
          say(`[Warning] ${event.text}\n`)
          return
        case 'image': {
          const [, digits = ''] = event.id.split(':')
          push({ aux: { ID: event.id } })
          if (quiet) push({ stream: `${event.id}\n` })
          say(`Successfully built ${digits.slice(0, 12)}\n`)
          for (const name of event.names) say(`Successfully tagged ${name}\n`)
        }
      }
    },
    done() {},
    failed(error) {
      const { path, details, hint } =
        error instanceof ComposeError ? error : { path: undefined, details: undefined, hint: undefined }
      const code = details && 'exitCode' in details ? { code: details.exitCode } : {}
      const message = `${path === undefined ? '' : `${path}: `}${messageOf(error)}${hint === undefined ? '' : ` (${hint})`}`
      push({ errorDetail: { ...code, message }, error: message })
    },
  }
}
