// The instructions that change nothing but the image's configuration: a row each.
import { posix } from 'node:path'
import type { ImageConfig } from '../../docker/protocol/types.ts'
import { parseDuration } from '../../shared/duration.ts'
import { ComposeError } from '../../shared/errors.ts'
import { flagOf, type Instruction, jsonList, type Keyword } from './dockerfile/instruction.ts'
import { readPairs } from './dockerfile/words.ts'
import type { Words } from './scope.ts'

export interface Configuring {
  instruction: Instruction
  words: Words
  escapeToken: string
  /** Where it stands: `Dockerfile:3`. */
  path: string
  /** The stage itself had a CMD before. */
  commandSet: boolean
}

type Configure = (config: ImageConfig, around: Configuring) => ImageConfig

const defaultShell = ['/bin/sh', '-c']

export const configuring = {
  CMD: (config, { instruction }) => ({ ...config, Cmd: commandOf(config, instruction), ArgsEscaped: undefined }),
  // A command that came with the base was written for the program before.
  ENTRYPOINT: (config, { instruction, commandSet }) => ({
    ...config,
    Entrypoint: commandOf(config, instruction),
    ...(commandSet ? {} : { Cmd: undefined }),
  }),
  ENV: (config, around) => ({ ...config, Env: withEnvironment(config.Env ?? [], pairsOf(around)) }),
  EXPOSE: (config, { instruction, words, path }) => ({
    ...config,
    ExposedPorts: {
      ...config.ExposedPorts,
      ...Object.fromEntries(
        words
          .list(instruction.text)
          .flatMap(text => portsOf(text, path))
          .map(port => [port, {}]),
      ),
    },
  }),
  HEALTHCHECK: (config, around) => ({ ...config, Healthcheck: healthcheckOf(around) }),
  LABEL: (config, around) => ({ ...config, Labels: { ...config.Labels, ...Object.fromEntries(pairsOf(around)) } }),
  ONBUILD: (config, { instruction, path }) => {
    const trigger = /^\S+/.exec(instruction.text)?.[0]?.toUpperCase() ?? ''
    if (['ONBUILD', 'FROM', 'MAINTAINER'].includes(trigger))
      throw new ComposeError('invalid_argument', `${trigger} isn't allowed as an ONBUILD trigger`, { path })
    // With its here-documents, which stand below the line.
    const bodies = instruction.heredocs.map(({ name, content }) => `\n${content}${name}`).join('')
    return { ...config, OnBuild: [...(config.OnBuild ?? []), `${instruction.text}${bodies}`] }
  },
  SHELL: (config, { instruction, path }) => {
    if (!instruction.list?.length)
      throw new ComposeError('invalid_argument', 'SHELL requires the arguments to be in JSON form', {
        path,
        hint: 'such as SHELL ["/bin/bash", "-c"]',
      })
    return { ...config, Shell: instruction.list }
  },
  STOPSIGNAL: (config, { instruction, words }) => ({ ...config, StopSignal: words.expand(instruction.text) }),
  USER: (config, { instruction, words }) => ({ ...config, User: words.expand(instruction.text) }),
  VOLUME: (config, { instruction, words, path }) => {
    const paths = instruction.list?.map(words.expand) ?? words.list(instruction.text)
    if (paths.some(text => text.trim() === ''))
      throw new ComposeError('invalid_argument', 'VOLUME specified can not be an empty string', { path })
    return { ...config, Volumes: { ...config.Volumes, ...Object.fromEntries(paths.map(text => [text, {}])) } }
  },
} satisfies Partial<Record<Keyword, Configure>>

export type ConfigKeyword = keyof typeof configuring
export const isConfigKeyword = (keyword: Keyword): keyword is ConfigKeyword => keyword in configuring

/** The last of a name counts, in the place of the first. */
function withEnvironment(env: readonly string[], pairs: readonly (readonly [string, string])[]): string[] {
  const all = new Map(env.map(entry => [entry.split('=', 1)[0] ?? '', entry]))
  for (const [name, value] of pairs) all.set(name, `${name}=${value}`)
  return [...all.values()]
}

/** Relative to the one before. */
export const workingDirectory = ({ WorkingDir }: ImageConfig, wanted: string): string =>
  posix.resolve('/', WorkingDir || '/', wanted)

/** As a list stands, or for the shell. */
export const commandOf = ({ Shell }: ImageConfig, { list, text }: Pick<Instruction, 'list' | 'text'>): string[] =>
  list ?? [...(Shell ?? defaultShell), text]

function pairsOf({ instruction, words, escapeToken, path }: Configuring): [string, string][] {
  const pairs = readPairs(instruction.text, escapeToken)
  if (!pairs)
    throw new ComposeError(
      'invalid_argument',
      `can't find = in ${JSON.stringify(instruction.text)}. Must be of the form: name=value`,
      { path },
    )
  // All of one instruction see what was before it.
  const expanded = pairs.map(([name, value]) => [words.expand(name), words.expand(value)] as [string, string])
  const blank = expanded.find(([name]) => name === '')
  if (blank) throw new ComposeError('invalid_argument', `${instruction.keyword} names can not be blank`, { path })
  return expanded
}

/** `80`, `80/udp`, `8000-8002/tcp`. */
function portsOf(text: string, path: string): string[] {
  const [, first = '', last = first, protocol = 'tcp'] = /^(\d+)(?:-(\d+))?(?:\/(\w+))?$/.exec(text) ?? []
  const [from, to] = [Number(first), Number(last)]
  const ok =
    first !== '' && from >= 1 && to <= 65535 && from <= to && ['tcp', 'udp', 'sctp'].includes(protocol.toLowerCase())
  if (!ok)
    throw new ComposeError('invalid_argument', `invalid containerPort: ${text}`, {
      path,
      hint: 'such as 80, 53/udp or 8000-8010',
    })
  return Array.from({ length: to - from + 1 }, (_, index) => `${from + index}/${protocol.toLowerCase()}`)
}

function healthcheckOf({ instruction, path }: Configuring): ImageConfig['Healthcheck'] {
  const [, kind = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(instruction.text) ?? []
  if (kind.toUpperCase() === 'NONE') return { Test: ['NONE'] }
  if (kind.toUpperCase() !== 'CMD' || rest === '')
    throw new ComposeError('invalid_argument', `unknown type "${kind}" in HEALTHCHECK (try CMD)`, { path })
  const list = jsonList(rest)
  const span = (name: string) => {
    const text = flagOf(instruction, name)
    if (text === undefined) return undefined
    const nanoseconds = Number(parseDuration(text))
    if (!(nanoseconds >= 0) || (nanoseconds > 0 && nanoseconds < 1e6))
      throw new ComposeError('invalid_argument', `interval "${name}" cannot be less than 1ms`, { path })
    return nanoseconds || undefined
  }
  const retries = flagOf(instruction, 'retries')
  if (retries !== undefined && !/^\d+$/.test(retries))
    throw new ComposeError('invalid_argument', `--retries must be a number, not ${retries}`, { path })
  return {
    Test: list ? ['CMD', ...list] : ['CMD-SHELL', rest],
    Interval: span('interval'),
    Timeout: span('timeout'),
    StartPeriod: span('start-period'),
    StartInterval: span('start-interval'),
    Retries: Number(retries) || undefined,
  }
}
