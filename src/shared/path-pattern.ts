// One part of a path as Go's filepath.Match has patterns: `*`, `?`, `[a-z]` and escapes.

export const isPattern = (part: string): boolean => /[*?[\\]/.test(part)

/** Matches a whole part, which has no slash. */
export function partMatcher(pattern: string): (part: string) => boolean {
  let source = ''
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern.charAt(at)
    const end = char === '[' ? pattern.indexOf(']', at + 2) : -1
    if (char === '*') source += '.*'
    else if (char === '?') source += '.'
    else if (end > 0) {
      source += `[${pattern.slice(at + 1, end).replace(/^!/, '^')}]`
      at = end
    } else source += (char === '\\' ? pattern.charAt(++at) : char).replace(/[\\^$.*+?()[\]{}|/]/, '\\$&')
  }
  const expression = new RegExp(`^${source}$`, 's')
  return part => expression.test(part)
}
