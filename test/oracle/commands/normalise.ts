// What varies from run to run as tokens, the same that the recordings have.

const human =
  '(?:Less than a second|\\d+ seconds?|About a minute|\\d+ minutes|About an hour|\\d+ hours|\\d+ days|\\d+ weeks|\\d+ months|\\d+ years)'
const highPort = '(?:3[2-9]\\d{3}|[45]\\d{4}|6[0-5]\\d{3})'

const rules: readonly [RegExp, string][] = [
  [/^\[\d+\][+ -] +\S.* < \/dev\/null *\n/gm, ''],
  [/\bsha256:[0-9a-f]{12,}/g, 'sha256:$ID'],
  [/\b[0-9a-f]{64}\b/g, '$ID'],
  [/\b[0-9a-f]{40}\b/g, '$ID'],
  [/\b(?=[a-f]*\d)[0-9a-f]{12}\b/g, '$ID'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?/g, '$TIME'],
  [/\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?(?: [+-]\d{4}(?: [A-Z]+)?)?/g, '$TIME'],
  [new RegExp(`\\b(Up|Restarting \\(\\d+\\)|Exited \\(\\d+\\)) ${human}`, 'g'), '$1 $DURATION'],
  [new RegExp(`${human} ago\\b`, 'g'), '$DURATION ago'],
  [/\bfd\/\d+/g, 'fd/$N'],
  [/\b\d+\.\d+m?s\b/g, '$DURATION'],
  [/(?<![\w.\-:/])\d+(?:\.\d+)?(?:B|kB|MB|GB|KiB|MiB|GiB)\b/g, '$SIZE'],
  [/\b(?:172\.(?:1[6-9]|2\d|3[01])|192\.168)\.\d{1,3}\.\d{1,3}\b/g, '$IP'],
  [/\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b/g, '$MAC'],
  [new RegExp(`(0\\.0\\.0\\.0|127\\.0\\.0\\.1|\\[::1?\\]|localhost):${highPort}\\b`, 'g'), '$1:$PORT'],
  [new RegExp(`("PublishedPort": ?)${highPort}`, 'g'), '$1$PORT'],
  [/http:\/\/%2F\S+?\.sock/g, 'http://$SOCKET'],
  [/(com\.docker\.compose\.version": ?")[^"]*/g, '$1$VERSION'],
  [/\bfd[0-9a-f]{2}(?::[0-9a-f]{0,4})+/g, '$IP6'],
  [/("version": ?")[^"$]*(")/g, '$1$VERSION$2'],
  [/^(com\.docker\.compose\.version) .*$/gm, '$1 $VERSION'],
  [/(com\.docker\.compose\.version=)[^,"\s]*/g, '$1$VERSION'],
]

const tableHead = /^[A-Z][A-Z0-9/% ]*(?: {2,}[A-Z][A-Z0-9/% ]*)+\s*$/

export interface Surroundings {
  /** Where the case ran. */
  folder: string
  engineRoot: string
  /** The case's own rules, `REGEX => REPLACEMENT` a line each. */
  rules: string
}

export function normaliser({ folder, engineRoot, rules: own }: Surroundings): (text: string) => string {
  const extra = own.split('\n').flatMap((line): [RegExp, string][] => {
    const [, source = '', replacement] = /^(.*?) =>(?: (.*))?$/.exec(line) ?? []
    return source === ''
      ? []
      : [[new RegExp(source.replace(/^\(\?s\)/, ''), 'gm'), (replacement ?? '').replace(/\\(\d)/g, '$$$1')]]
  })
  return text => {
    const above = folder.slice(0, folder.lastIndexOf('/'))
    const placed = withSortedLabels(
      text.replaceAll(folder, '$CASE').replaceAll(above, '$TMP').replaceAll(engineRoot, '$ENGINE'),
    )
    let result = placed
    for (const [pattern, replacement] of [...extra, ...rules]) result = result.replace(pattern, safe(replacement))
    // A token has another width than what it stands for: the padding of such a table means nothing.
    return result !== placed || placed.includes('$CASE') ? collapseTables(result) : result
  }
}

/** `$ID` is a token here, `$1` a group. */
const safe = (replacement: string): string => replacement.replace(/\$(?!\d)/g, '$$$$')

function withSortedLabels(text: string): string {
  return text.replace(
    /("Labels": ?")([^"]*)(")/g,
    (_, head: string, labels: string, tail: string) => `${head}${labels.split(',').sort().join(',')}${tail}`,
  )
}

function collapseTables(text: string): string {
  let inside = false
  return text
    .split('\n')
    .map(line => {
      inside = line !== '' && (inside || tableHead.test(line))
      return inside ? line.trimEnd().replace(/ {2,}/g, '   ') : line
    })
    .join('\n')
}

/** Control characters as the recordings write them; tabs stay. */
export function visible(text: string): string[] {
  const lines = text.split('\n').map(line => [...line].map(visibleCharacter).join(''))
  if (lines.at(-1) === '') lines.pop()
  return lines
}

function visibleCharacter(char: string): string {
  const code = char.charCodeAt(0)
  if (char === '\t' || (code >= 32 && code !== 127)) return char
  return char === '\r' ? '\\r' : code === 27 ? '\\e' : `\\x${code.toString(16).padStart(2, '0')}`
}
