// The short form of a volume: `[source:]target[:options]`.
import { posix } from 'node:path'
import { ComposeError } from '../../shared/errors.ts'
import { newTree, type Tree } from '../../shared/yaml/tree.ts'

/** The long form. A source that looks like a path is a bind mount, anything else names a volume. */
export function parseVolume(text: string): Tree {
  const volume = splitVolume(text)
  if (typeof volume.target === 'string' && volume.target !== '') volume.target = posix.normalize(volume.target)
  if (typeof volume.target === 'string') volume.target = withoutEndSlash(volume.target)
  return volume
}

/** As parseVolume, but the target stays as written. */
export function splitVolume(text: string): Tree {
  if (text === '') throw new ComposeError('invalid_argument', 'invalid empty volume spec')
  const volume = newTree()
  if (Buffer.byteLength(text) <= 2) {
    volume.type = 'volume'
    volume.target = text
    return volume
  }
  const parts = splitParts(text)
  const [source, target, options] = parts
  if (parts.includes('')) throw invalid(text, 'empty section between colons')
  if (parts.length > 3) throw invalid(text, 'too many colons')
  if (parts.length === 1) volume.target = source ?? ''
  else {
    volume.source = source ?? ''
    volume.target = target ?? ''
  }
  const bind = newTree()
  const named = newTree()
  for (const option of options?.split(',') ?? []) {
    if (option === 'ro') volume.read_only = true
    else if (option === 'rw') delete volume.read_only
    else if (option === 'nocopy') named.nocopy = true
    else if (option === 'z' || option === 'Z') bind.selinux = option
    else if (/^r?(?:private|shared|slave)$/.test(option)) bind.propagation = option
  }
  if (isFilePath(typeof volume.source === 'string' ? volume.source : '')) {
    volume.type = 'bind'
    bind.create_host_path = true
    volume.bind = bind
    if (named.nocopy === true) volume.volume = named
  } else {
    volume.type = 'volume'
    volume.volume = named
    if (Object.keys(bind).length > 0) volume.bind = bind
  }
  return volume
}

/** At colons, but not inside of `${…}`, nor behind the letter of a Windows drive. */
function splitParts(text: string): string[] {
  if (!text.includes('$') && !/(?:^|:)\p{L}:/u.test(text)) return text.split(':')
  const parts: string[] = []
  let part = ''
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i)
    if (char === '$' && text.charAt(i + 1) === '{') depth++
    else if (char === '}' && depth > 0) depth--
    if (char === ':' && depth === 0 && !/^\p{L}$/u.test(part)) {
      parts.push(part)
      part = ''
    } else part += char
  }
  parts.push(part)
  return parts
}

function isFilePath(source: string): boolean {
  return /^[./~]/.test(source) || source.startsWith('\\\\') || /^\p{L}:/u.test(source)
}

function withoutEndSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

function invalid(text: string, reason: string): ComposeError {
  return new ComposeError('invalid_argument', `invalid spec: ${text}: ${reason}`, {
    hint: 'A volume is [SOURCE:]TARGET[:OPTIONS].',
  })
}
