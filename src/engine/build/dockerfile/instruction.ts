// One instruction of a Dockerfile: its flags, its words or its JSON list, checked by a table of what each has.
import { ComposeError } from '../../../shared/errors.ts'
import { nearest } from '../../../shared/nearest.ts'
import type { Heredoc, Line } from './lines.ts'

export interface Instruction {
  keyword: Keyword
  flags: Flag[]
  /** What follows the flags. */
  text: string
  /** The words where it is a JSON list of strings. */
  list: string[] | undefined
  heredocs: Heredoc[]
  /** Lines of the file. */
  first: number
  last: number
  /** As it stands in the file, on one line. */
  shown: string
}

export interface Flag {
  name: string
  /** Empty for one that is only named. */
  value: string
}

/** The flags of each, and which of them may be given several times. */
const flagsOf = {
  ADD: { chown: 1, chmod: 1, link: 1, checksum: 1, 'keep-git-dir': 1, unpack: 1, exclude: 'many' },
  ARG: {},
  CMD: {},
  COPY: { from: 1, chown: 1, chmod: 1, link: 1, parents: 1, exclude: 'many' },
  ENTRYPOINT: {},
  ENV: {},
  EXPOSE: {},
  FROM: { platform: 1 },
  HEALTHCHECK: { interval: 1, timeout: 1, 'start-period': 1, 'start-interval': 1, retries: 1 },
  LABEL: {},
  MAINTAINER: {},
  ONBUILD: {},
  RUN: { mount: 'many', network: 1, security: 1, device: 'many' },
  SHELL: {},
  STOPSIGNAL: {},
  USER: {},
  VOLUME: {},
  WORKDIR: {},
} as const satisfies Record<string, Record<string, 1 | 'many'>>

export type Keyword = keyof typeof flagsOf
const keywords = Object.keys(flagsOf)
const isKeyword = (word: string): word is Keyword => keywords.includes(word)

/** These may be a JSON list. */
const withList: readonly Keyword[] = ['ADD', 'CMD', 'COPY', 'ENTRYPOINT', 'RUN', 'SHELL', 'VOLUME']

export function readInstruction(line: Line, file: string): Instruction {
  const { keyword, heredocs, first, last } = line
  const path = `${file}:${first}`
  if (!isKeyword(keyword)) {
    const meant = nearest(
      keyword,
      keywords.map(word => word.toLowerCase()),
    )?.toUpperCase()
    throw new ComposeError('invalid_argument', `unknown instruction: ${keyword}`, {
      path,
      hint: meant ? `did you mean ${meant}?` : `an instruction is one of ${keywords.join(', ')}`,
    })
  }
  const { flags, text } = readFlags(line.text, keyword, path)
  if (text === '') throw new ComposeError('invalid_argument', `${keyword} requires at least one argument`, { path })
  const list = withList.includes(keyword) || keyword === 'HEALTHCHECK' ? jsonList(text) : undefined
  const shown = `${keyword} ${line.text}`.replace(/\s+/g, ' ').trim()
  return { keyword, flags, text, list, heredocs, first, last, shown }
}

function readFlags(text: string, keyword: Keyword, path: string): { flags: Flag[]; text: string } {
  const known: Record<string, 1 | 'many'> = flagsOf[keyword]
  const flags: Flag[] = []
  let rest = text
  for (;;) {
    const match = /^--([a-zA-Z][\w-]*)(?:=((?:"[^"]*"|'[^']*'|\S)*))?(?:\s+|$)/.exec(rest)
    // `--` alone and what no instruction knows flags for are words.
    if (!match || Object.keys(known).length === 0) return { flags, text: rest }
    const [whole, name = '', value] = match
    if (!(name in known)) {
      const meant = nearest(name, Object.keys(known))
      throw new ComposeError('invalid_argument', `unknown flag: --${name}`, {
        path,
        hint: meant
          ? `did you mean --${meant}?`
          : `${keyword} has ${Object.keys(known)
              .map(flag => `--${flag}`)
              .join(', ')}`,
      })
    }
    if (known[name] === 1 && flags.some(flag => flag.name === name))
      throw new ComposeError('invalid_argument', `duplicate flag specified: ${name}`, { path })
    flags.push({ name, value: value ?? '' })
    rest = rest.slice(whole.length)
  }
}

/** What follows the list is left out, as BuildKit does. */
export function jsonList(text: string): string[] | undefined {
  const list = /^\[(?:[^"\]]|"(?:[^"\\]|\\.)*")*\]/s.exec(text)?.[0]
  if (list === undefined) return undefined
  try {
    const value: unknown = JSON.parse(list)
    if (Array.isArray(value) && value.every(item => typeof item === 'string')) return value
  } catch {
    // Then it is a command that begins with a bracket.
  }
  return undefined
}

export const flagOf = ({ flags }: Instruction, name: string): string | undefined =>
  flags.find(flag => flag.name === name)?.value
export const flagsNamed = ({ flags }: Instruction, name: string): string[] =>
  flags.filter(flag => flag.name === name).map(({ value }) => value)

/** A flag without a value is set; with one it is what it says. */
export function isSet(instruction: Instruction, name: string, path: string): boolean {
  const value = flagOf(instruction, name)
  if (value === undefined) return false
  if (value === '' || value === 'true') return true
  if (value === 'false') return false
  throw new ComposeError('invalid_argument', `expecting boolean value for flag ${name}, not: ${value}`, { path })
}
