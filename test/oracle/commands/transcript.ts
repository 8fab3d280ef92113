// A recorded transcript, or what was just run, as blocks: the line, what it printed, how it ended.

export interface Block {
  line: string
  stdout: string[]
  stderr: string[]
  exit: string
}

/** `$ line`, then `stdout:` (or `screen:`), `stderr:` and `exit: N`; content is indented by two spaces. */
export function parseTranscript(text: string): Block[] {
  const blocks: Block[] = []
  let into: string[] | undefined
  for (const line of text.split('\n')) {
    const block = blocks.at(-1)
    if (line.startsWith('$ ')) {
      blocks.push({ line: line.slice(2), stdout: [], stderr: [], exit: '' })
      into = undefined
    } else if (!block) continue
    else if (/^stdout( \(by resource\))?:$/.test(line)) into = block.stdout
    else if (/^stderr( \(by resource\))?:$/.test(line)) into = block.stderr
    else if (/^screen( \(by resource\))?:$/.test(line)) into = block.stdout
    else if (line.startsWith('exit: ')) block.exit = line.slice(6)
    else if (line.startsWith('  ') && into) into.push(line.slice(2))
  }
  return blocks
}

const kinds = 'Container|Network|Volume|Image|Service|Config|Secret|Model|Plan'
const actions =
  'Copying|Copied|Pushing|Pushed|Skipped|publishing|published|Exporting|Exported|Committing|Committed|Already exists'
/** Lines about resources, by which they may be sorted: who comes first depends on the machine. */
const resourceForms = [
  new RegExp(`^ (?:\\S )?((?:${kinds}) \\S+) `),
  new RegExp(`^ (\\S+) (?:${actions})\\b`),
  /^\{.*"id":"([^"]*)"/,
  /^(?:\\e\[\d*[A-Za-z])*(\S+?) +\| /,
  /^(?:\\r|\\e\[\d*[A-Za-z])+(\S+) (?:exited|has been|was|is)/,
]

function resourceOf(line: string): string | undefined {
  for (const form of resourceForms) {
    const found = form.exec(line)?.[1]
    if (found !== undefined) return found
  }
  return undefined
}

/** Each run of lines about resources sorted by resource; the lines of one keep their order. */
export function byResource(lines: readonly string[]): string[] {
  const done: string[] = []
  let pending: string[] = []
  const flush = () => {
    done.push(...pending.sort((a, b) => ((resourceOf(a) ?? '') < (resourceOf(b) ?? '') ? -1 : 1)))
    pending = []
  }
  for (const line of lines) {
    if (resourceOf(line) !== undefined) pending.push(line)
    else {
      flush()
      done.push(line)
    }
  }
  flush()
  return done
}
