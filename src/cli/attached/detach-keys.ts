// The keys that leave a container alone again, as docker writes them: `ctrl-p,ctrl-q`.
import { Transform, type TransformCallback } from 'node:stream'
import { ComposeError } from '../../shared/errors.ts'
import { dockerConfig } from '../docker-config.ts'

const defaultDetachKeys = 'ctrl-p,ctrl-q'

/** What the command line says goes before docker's config.json. */
export const chosenDetachKeys = (given?: string): string => given || dockerConfig().detachKeys || defaultDetachKeys

/** The bytes of the sequence. Throws invalid_argument for a key that there is not. */
export function parseDetachKeys(text: string): number[] {
  return text.split(',').map(key => {
    const [, letter] = /^ctrl-([a-z@[\\\]^_])$/i.exec(key) ?? []
    if (letter !== undefined) return letter.toUpperCase().charCodeAt(0) & 0x1f
    if (Buffer.byteLength(key) === 1) return key.charCodeAt(0)
    throw new ComposeError('invalid_argument', `invalid detach keys (${text}): unknown character: '${key}'`, {
      hint: 'Keys are single characters, or ctrl- and a letter or one of @ [ \\ ] ^ _, with commas between them.',
    })
  })
}

/** Passes on what is typed but for the sequence, at which `onDetach` is called; a part of it is held until it is none. */
export function detachFilter(keys: readonly number[], onDetach: () => void): Transform {
  let matched = 0
  return new Transform({
    transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback) {
      const passed: number[] = []
      for (const byte of chunk) {
        if (byte !== keys[matched] && matched > 0) {
          passed.push(...keys.slice(0, matched))
          matched = 0
        }
        if (byte === keys[matched]) matched++
        else passed.push(byte)
        if (matched === keys.length) {
          matched = 0
          onDetach()
          return done(null, Buffer.from(passed))
        }
      }
      done(null, Buffer.from(passed))
    },
    flush(done) {
      done(null, Buffer.from(keys.slice(0, matched)))
    },
  })
}
