// Anchors, aliases, tags and directives.
import { type Cursor, isBlank, isBlankOrEnd, isBreak, isBreakOrEnd, isDigit, isWord } from './cursor.ts'
import type { Mark } from './mark.ts'
import type { TokenBody } from './token.ts'

/** `&name` or `*name`. */
export function scanAnchor(cursor: Cursor, type: 'anchor' | 'alias'): TokenBody {
  const mark = cursor.mark
  const start = ++cursor.pos
  for (let code = cursor.at(); code > 0x20 && code < 0x7f && !/[[\]{},:]/.test(String.fromCharCode(code)); )
    code = cursor.text.charCodeAt(++cursor.pos)
  const value = cursor.text.slice(start, cursor.pos)
  if (value === '' || !(isBlankOrEnd(cursor.at()) || /[?:,\]}%@`]/.test(cursor.text.charAt(cursor.pos)))) {
    const message = type === 'alias' ? 'while scanning an alias' : 'while scanning an anchor'
    cursor.fail('did not find expected alphabetic or numeric character', { message, mark })
  }
  return { type, value }
}

/** `!name`, `!handle!name`, `!<name>` or `!`. */
export function scanTag(cursor: Cursor): TokenBody {
  const context = { message: 'while scanning a tag', mark: cursor.mark }
  let handle = ''
  let suffix: string
  if (cursor.at(1) === 0x3c) {
    cursor.pos += 2
    suffix = scanUri(cursor, true, '', context.mark, 'while parsing a tag')
    if (cursor.at() !== 0x3e) cursor.fail("did not find the expected '>'", context)
    cursor.pos++
  } else {
    handle = scanHandle(cursor, 'while parsing a tag', context.mark)
    if (handle.length > 1 && handle.endsWith('!'))
      suffix = scanUri(cursor, false, '', context.mark, 'while parsing a tag')
    else {
      suffix = scanUri(cursor, false, handle, context.mark, 'while parsing a tag')
      handle = '!'
      if (suffix === '') [handle, suffix] = ['', '!']
    }
  }
  if (!isBlankOrEnd(cursor.at())) cursor.fail('did not find expected whitespace or line break', context)
  return { type: 'tag', handle, suffix }
}

/** `%YAML 1.1` or `%TAG ! prefix`, with the line break behind it. */
export function scanDirective(cursor: Cursor): TokenBody {
  const context = { message: 'while scanning a directive', mark: cursor.mark }
  const start = ++cursor.pos
  while (isWord(cursor.at())) cursor.pos++
  const name = cursor.text.slice(start, cursor.pos)
  if (name === '') cursor.fail('could not find expected directive name', context)
  if (!isBlankOrEnd(cursor.at())) cursor.fail('found unexpected non-alphabetical character', context)
  let token: TokenBody
  if (name === 'YAML') token = { type: 'yaml-directive', version: scanVersion(cursor, context.mark) }
  else if (name === 'TAG') token = scanTagDirective(cursor, context.mark)
  else cursor.fail('found unknown directive name', context)
  while (isBlank(cursor.at())) cursor.pos++
  if (cursor.at() === 0x23) while (!isBreakOrEnd(cursor.at())) cursor.pos++
  if (!isBreakOrEnd(cursor.at())) cursor.fail('did not find expected comment or line break', context)
  if (isBreak(cursor.at())) cursor.takeBreak()
  return token
}

function scanVersion(cursor: Cursor, mark: Mark): string {
  const context = { message: 'while scanning a %YAML directive', mark }
  while (isBlank(cursor.at())) cursor.pos++
  const number = () => {
    const start = cursor.pos
    while (isDigit(cursor.at())) cursor.pos++
    const digits = cursor.text.slice(start, cursor.pos)
    if (digits === '') cursor.fail('did not find expected version number', context)
    if (digits.length > 2) cursor.fail('found extremely long version number', context)
    return Number(digits)
  }
  const major = number()
  if (cursor.at() !== 0x2e) cursor.fail("did not find expected digit or '.' character", context)
  cursor.pos++
  return `${major}.${number()}`
}

function scanTagDirective(cursor: Cursor, mark: Mark): TokenBody {
  const message = 'while parsing a %TAG directive'
  while (isBlank(cursor.at())) cursor.pos++
  const handle = scanHandle(cursor, message, mark)
  if (handle !== '!' && !handle.endsWith('!')) cursor.fail("did not find expected '!'", { message, mark })
  const context = { message: 'while scanning a %TAG directive', mark }
  if (!isBlank(cursor.at())) cursor.fail('did not find expected whitespace', context)
  while (isBlank(cursor.at())) cursor.pos++
  const prefix = scanUri(cursor, true, '', mark, message)
  if (!isBlankOrEnd(cursor.at())) cursor.fail('did not find expected whitespace or line break', context)
  return { type: 'tag-directive', handle, prefix }
}

function scanHandle(cursor: Cursor, message: string, mark: Mark): string {
  const start = cursor.pos
  if (cursor.at() !== 0x21) cursor.fail("did not find expected '!'", { message, mark })
  cursor.pos++
  while (isWord(cursor.at())) cursor.pos++
  if (cursor.at() === 0x21) cursor.pos++
  return cursor.text.slice(start, cursor.pos)
}

function scanUri(cursor: Cursor, verbatim: boolean, head: string, mark: Mark, message: string): string {
  const start = cursor.pos
  const allowed = verbatim ? /[\w;/?:@&=+$.!~*'()%,[\]{}-]/ : /[\w;/?:@&=+$.!~*'()%-]/
  while (allowed.test(cursor.text.charAt(cursor.pos))) cursor.pos++
  const code = cursor.at()
  if (!verbatim && !isBlankOrEnd(code) && code >= 0x20 && code <= 0x7e) {
    const letter = String.fromCharCode(code)
    cursor.fail(`found character '${letter}' that is not allowed in a YAML tag`, { message, mark })
  }
  const uri = head.slice(1) + cursor.text.slice(start, cursor.pos)
  if (uri === '' && head === '') cursor.fail('did not find expected tag URI', { message, mark })
  try {
    return decodeURIComponent(uri)
  } catch {
    return cursor.fail('did not find URI escaped octet', { message, mark })
  }
}
