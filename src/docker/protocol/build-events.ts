// What our engine tells of a build while it works, a line of JSON each. Each step is told of once when it begins and
// once when it ends.

export type BuildEvent =
  /** `name`: `[web 2/5] RUN npm ci`. */
  | { type: 'begin'; step: number; name: string }
  /** `seconds` it took; `error` is that of a failure. */
  | { type: 'end'; step: number; outcome: 'done' | 'cached' | 'canceled' | 'failed'; seconds: number; error?: string }
  /** Of a step, as it comes: any pieces of lines. */
  | { type: 'output'; step: number; stream: 'stdout' | 'stderr'; text: string }
  /** What another builder prints, as it does. */
  | { type: 'foreign'; text: string }
  | { type: 'warning'; text: string }
  /** Of `Check`: what could be better, with lines of the file and those around them. */
  | {
      type: 'finding'
      rule: string
      url: string
      message: string
      file: string
      first: number
      source: string[]
    }
  /** The last of a Dockerfile that was only checked. */
  | { type: 'checked'; findings: number }
  /** The last of a build that went well. */
  | { type: 'image'; id: string; names: string[] }
  /** The last of one that didn't. */
  | {
      type: 'error'
      message: string
      path?: string | undefined
      hint?: string | undefined
      details?: object | undefined
    }
