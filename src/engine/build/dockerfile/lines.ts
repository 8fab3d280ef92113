// A Dockerfile's text as instructions, each with the lines that it stands on: parser directives, comments, lines that
// go on, here-documents. The rules are those of BuildKit's parser; what an instruction means is not known here.
import { ComposeError } from '../../../shared/errors.ts'

export interface Line {
  /** In capitals. */
  keyword: string
  /** What follows the keyword: joined where it went on, without comments. */
  text: string
  heredocs: Heredoc[]
  /** From 1 on. */
  first: number
  last: number
  /** As it stands in the file. */
  source: string
}

export interface Heredoc {
  name: string
  /** Of `<<-`: tabs before a line are no part of it. */
  chomp: boolean
  /** Its name had no quotes: variables in it are replaced. */
  expand: boolean
  /** With its last line end. */
  content: string
}

export interface DockerfileText {
  directives: Map<string, string>
  /** What takes a character's meaning away, and joins lines: a backslash unless a directive says otherwise. */
  escapeToken: string
  lines: Line[]
}

const known = ['syntax', 'escape', 'check']
/** Only these have here-documents; `ONBUILD` has those of what it is for. */
const withHeredocs = /^(?:ONBUILD\s+)?(?:RUN|COPY|ADD)\b/i

/** `file`: the name that errors give. */
export function readLines(text: string, file: string): DockerfileText {
  const physical = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const directives = readDirectives(physical, file)
  const escapeToken = directives.get('escape') ?? '\\'
  if (escapeToken !== '\\' && escapeToken !== '`')
    throw new ComposeError('invalid_argument', `invalid escape token '${escapeToken}': it is \\ or \``, {
      path: `${file}:1`,
    })
  const continues = new RegExp(`(^|[^\\${escapeToken}])\\${escapeToken}[ \\t]*$`)
  const lines: Line[] = []
  for (let at = 0; at < physical.length; at++) {
    const first = at
    const start = (physical[at] ?? '').trimStart()
    if (start === '' || start.startsWith('#')) continue
    const parts: string[] = []
    let part = start
    while (continues.test(part) && at + 1 < physical.length) {
      parts.push(part.replace(continues, '$1'))
      // A comment ends nothing, nor does an empty line.
      while (at + 1 < physical.length && isNothing(physical[at + 1] ?? '')) at++
      part = physical[++at] ?? ''
    }
    const joined = [...parts, part.replace(continues, '$1')].join('').trim()
    const heredocs: Heredoc[] = []
    for (const wanted of withHeredocs.test(joined) ? heredocsOf(joined) : []) {
      const body: string[] = []
      for (;;) {
        const next = physical[++at]
        if (next === undefined)
          throw new ComposeError('invalid_argument', `unterminated heredoc ${wanted.name}`, {
            path: `${file}:${first + 1}`,
          })
        const line = wanted.chomp ? next.replace(/^\t+/, '') : next
        if (line === wanted.name) break
        body.push(`${line}\n`)
      }
      heredocs.push({ ...wanted, content: body.join('') })
    }
    const [, keyword = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(joined) ?? []
    const source = physical
      .slice(first, at + 1)
      .join('\n')
      .trim()
    lines.push({ keyword: keyword.toUpperCase(), text: rest, heredocs, first: first + 1, last: at + 1, source })
  }
  return { directives, escapeToken, lines }
}

const isNothing = (line: string): boolean => /^\s*(?:#|$)/.test(line)

function readDirectives(lines: readonly string[], file: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const [index, line] of lines.entries()) {
    const [, name = '', value = ''] = /^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$/.exec(line) ?? []
    const key = name.toLowerCase()
    if (!known.includes(key)) break
    if (found.has(key))
      throw new ComposeError('invalid_argument', `only one ${key} parser directive can be used`, {
        path: `${file}:${index + 1}`,
      })
    found.set(key, value)
  }
  return found
}

/** The here-documents that a line begins, in their order. `<<<` and what stands in quotes begin none. */
function heredocsOf(line: string): Omit<Heredoc, 'content'>[] {
  const found: Omit<Heredoc, 'content'>[] = []
  let quote = ''
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at)
    if (quote) {
      if (char === quote) quote = ''
    } else if (char === '"' || char === "'") quote = char
    else if (char === '\\') at++
    else if (line.startsWith('<<', at) && line[at + 2] !== '<' && line[at - 1] !== '<' && startsWord(line, at)) {
      const match = /^<<(-?)(["']?)([a-zA-Z_][\w.]*)\2/.exec(line.slice(at))
      if (!match) continue
      const [whole, chomp, quoted, name = ''] = match
      found.push({ name, chomp: chomp === '-', expand: quoted === '' })
      at += whole.length - 1
    }
  }
  return found
}

/** Only digits, a file descriptor's number, may stand before it in its word. */
const startsWord = (line: string, at: number): boolean => /(?:^|\s)\d*$/.test(line.slice(0, at))
