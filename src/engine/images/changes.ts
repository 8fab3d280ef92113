// `changes` of import and commit: Dockerfile instructions that set an image's configuration.

import type { ImageConfig } from '../../docker/protocol/types.ts'
import { ComposeError } from '../../shared/errors.ts'

const instructions: Record<string, (config: ImageConfig, value: string) => ImageConfig> = {
  CMD: (config, value) => ({ ...config, Cmd: words(value) }),
  ENTRYPOINT: (config, value) => ({ ...config, Entrypoint: words(value) }),
  ENV: (config, value) => ({
    ...config,
    Env: [...(config.Env ?? []), ...pairs(value).map(([key, text]) => `${key}=${text}`)],
  }),
  EXPOSE: (config, value) => ({
    ...config,
    ExposedPorts: {
      ...config.ExposedPorts,
      ...Object.fromEntries(value.split(/\s+/).map(port => [port.includes('/') ? port : `${port}/tcp`, {}])),
    },
  }),
  LABEL: (config, value) => ({ ...config, Labels: { ...config.Labels, ...Object.fromEntries(pairs(value)) } }),
  STOPSIGNAL: (config, value) => ({ ...config, StopSignal: value }),
  USER: (config, value) => ({ ...config, User: value }),
  VOLUME: (config, value) => ({
    ...config,
    Volumes: { ...config.Volumes, ...Object.fromEntries(list(value).map(path => [path, {}])) },
  }),
  WORKDIR: (config, value) => ({ ...config, WorkingDir: value }),
}

export function applyChanges(config: ImageConfig, changes: readonly string[]): ImageConfig {
  return changes.reduce((current, change) => {
    const [, name = '', value = ''] = /^\s*(\w+)\s+(.*)$/s.exec(change) ?? []
    const apply = instructions[name.toUpperCase()]
    if (!apply) throw new ComposeError('invalid_argument', `${name || change} is not a valid change command`)
    return apply(current, value.trim())
  }, config)
}

/** A JSON list as it stands; anything else is for the shell. */
const words = (value: string) => (value.startsWith('[') ? jsonList(value) : ['/bin/sh', '-c', value])
const list = (value: string) => (value.startsWith('[') ? jsonList(value) : value.split(/\s+/))

function jsonList(value: string): string[] {
  try {
    const parsed: unknown = JSON.parse(value)
    if (Array.isArray(parsed) && parsed.every(item => typeof item === 'string')) return parsed
  } catch {
    // Told below.
  }
  throw new ComposeError('invalid_argument', `not a list of texts: ${value}`)
}

/** `key=value` with quotes, or `key value`. */
function pairs(value: string): [string, string][] {
  const found = [...value.matchAll(/([\w.-]+)=("(?:[^"\\]|\\.)*"|'[^']*'|\S*)/g)]
  if (found.length === 0) {
    const [key = '', ...rest] = value.split(/\s+/)
    return [[key, rest.join(' ')]]
  }
  return found.map(([, key = '', text = '']) => [key, text.replace(/^(["'])(.*)\1$/s, '$2').replaceAll('\\"', '"')])
}
