// Patterns of .dockerignore: a path is out when the last pattern that matches it, or a folder above it, is not a `!` one.
import { readFileSync, statSync } from 'node:fs'
import { posix } from 'node:path'

export type Matcher = (path: string) => boolean

/** `patterns` as lines of the file; paths are relative, with `/`. */
export function ignoreMatcher(patterns: readonly string[]): Matcher {
  const rules = patterns.flatMap(line => {
    const text = line.trim()
    if (text === '' || text.startsWith('#')) return []
    const negated = text.startsWith('!')
    const pattern = posix.normalize((negated ? text.slice(1).trim() : text) || '.').replace(/^\/+|\/+$/g, '')
    return pattern === '' || pattern === '.' ? [] : [{ negated, expression: expressionOf(pattern) }]
  })
  return path => rules.reduce((ignored, { negated, expression }) => (expression.test(path) ? !negated : ignored), false)
}

/** Where a file of a context is, if it has it; a function of its own where links of the context lead no further than it. */
export type FindFile = (path: string) => string | undefined

/** `<Dockerfile>.dockerignore` beside the Dockerfile, wherever that is, else .dockerignore of the context. */
export function readIgnore(context: string, dockerfile?: string, find?: FindFile): string[] {
  const names = [...(dockerfile === undefined ? [] : [`${dockerfile}.dockerignore`]), '.dockerignore']
  for (const name of names) {
    const place = find ? find(name) : posix.resolve(context, name)
    if (place !== undefined && statSync(place, { throwIfNoEntry: false })?.isFile())
      return ignoreLines(readFileSync(place, 'utf8'))
  }
  return []
}

export const ignoreLines = (text: string): string[] => text.replace(/^\uFEFF/, '').split(/\r?\n/)

/** What matches is the path itself or anything below it. */
function expressionOf(pattern: string): RegExp {
  let source = ''
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern.charAt(at)
    if (pattern.startsWith('**/', at)) {
      source += '(?:[^/]+/)*'
      at += 2
    } else if (pattern.startsWith('**', at)) {
      source += '.*'
      at++
    } else if (char === '*') source += '[^/]*'
    else if (char === '?') source += '[^/]'
    else if (char === '[') {
      const end = pattern.indexOf(']', at + 1)
      if (end < 0) source += '\\['
      else {
        source += `[${pattern.slice(at + 1, end).replace(/^!/, '^')}]`
        at = end
      }
    } else if (char === '\\' && at + 1 < pattern.length) source += escaped(pattern.charAt(++at))
    else source += escaped(char)
  }
  return new RegExp(`^${source}(?:/.*)?$`, 's')
}

const escaped = (char: string): string => char.replace(/[\\^$.*+?()[\]{}|]/, '\\$&')
