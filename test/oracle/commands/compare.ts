// What Docker Compose printed beside what we print: the same but for what is listed, with its reason.
import { type Block, byResource } from './transcript.ts'

export type Difference = { why: string } & (
  | {
      /** What the peer has, found in its lines; `ours` stands in its place, nothing: the line is not ours. */
      recorded: RegExp
      ours?: string
    }
  | {
      /** A line that only we print. */
      extra: RegExp
    }
  | {
      /** What is not compared, on either side. */
      both: RegExp
      as: string
    }
  | {
      /** The peer's exit code of a line, and ours. */
      exit: RegExp
      recorded: string
      ours: string
    }
)

/** Of every case. */
const everywhere: readonly Difference[] = [
  {
    extra: / has no handler for SIG\w+, so it was killed when its grace period was over/,
    why: 'a stop in vain is told',
  },
  { extra: /level=warning msg="(?:Network|Volume) \S+ stays: it is used by /, why: 'who uses it is named' },
  { both: /^(?:\[\+\] .*| ?[✔✘✖↓›❯⠀-⣿] .*)$/, as: '', why: "progress is another library's picture" },
  { both: /^ ?((?:Container|Network|Volume) \S+ \S+) ?$/, as: ' $1 ', why: 'a screen has no trailing blanks' },
  { recorded: /^$/, why: 'empty lines tell nothing' },
  { recorded: /^EOF$/, why: "the end of a window of events is none of the reader's business" },
]

/** A block with what may differ taken out. */
export function comparable(block: Block, own: readonly Difference[], side: 'recorded' | 'ours'): Block {
  const all = [...own, ...everywhere]
  const settle = (lines: readonly string[]) => {
    const kept = lines
      .map(line => withoutDetail(line, all))
      .flatMap(line => (side === 'recorded' ? inOurWords(line, all) : withoutExtra(line, all)))
    return /\| sort$/.test(block.line) ? kept.sort() : byResource(kept)
  }
  const stderr =
    side === 'ours' ? block.stderr.filter(line => !isAdvice(line)).map(withoutPlace) : onceEach(block.stderr)
  const stdout = side === 'recorded' && block.line.startsWith('tty ') ? onceEach(block.stdout) : block.stdout
  return { ...block, exit: exitOf(block, all, side), stdout: settle(stdout), stderr: settle(stderr) }
}

function exitOf({ line, exit }: Block, all: readonly Difference[], side: 'recorded' | 'ours'): string {
  const own = all.find(one => 'exit' in one && one.exit.test(line))
  return side === 'recorded' && own && 'exit' in own && own.recorded === exit ? own.ours : exit
}

/** Places and hints below an error are ours alone. */
const isAdvice = (line: string): boolean => /^ {2,}\S/.test(line) && !/^ +\d+ \| /.test(line)

/** A warning ends with the place of what it is about. */
const withoutPlace = (line: string): string => line.replace(/ \(\$CASE\/[^()]*:\d+:\d+\)(?="$|$)/, '')

/** The peer tells of networks and volumes twice. */
function onceEach(lines: readonly string[]): string[] {
  const isTwice = (line: string, index: number) =>
    /^(?: |\{"id":")(?:Network|Volume) /.test(line) && lines.slice(Math.max(0, index - 3), index).includes(line)
  return lines.filter((line, index) => !isTwice(line, index))
}

function inOurWords(line: string, all: readonly Difference[]): string[] {
  const found = all.find(one => 'recorded' in one && one.recorded instanceof RegExp && one.recorded.test(line))
  if (!found || !('recorded' in found) || 'exit' in found) return [line]
  return found.ours === undefined ? [] : [line.replace(found.recorded, found.ours)]
}

const withoutExtra = (line: string, all: readonly Difference[]): string[] =>
  line === '' || all.some(one => 'extra' in one && one.extra.test(line)) ? [] : [line]

const withoutDetail = (line: string, all: readonly Difference[]): string =>
  all.reduce((text, one) => ('both' in one ? text.replace(one.both, one.as) : text), line)
