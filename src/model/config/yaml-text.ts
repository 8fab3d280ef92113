// Which ways of writing a text in YAML are safe for it.

export interface Analysis {
  multiline: boolean
  /** Without quotes, in block context. */
  plain: boolean
  /** In single quotes. */
  single: boolean
  /** As a literal block. */
  literal: boolean
}

const breaks = /[\n\r\x85\u2028\u2029]/

/** What libyaml's emitter finds out about a scalar. */
export function analyze(text: string): Analysis {
  if (text === '') return { multiline: false, plain: true, single: true, literal: false }
  const multiline = breaks.test(text)
  const edge =
    /^[\s]|[ \n\r\x85\u2028\u2029]$/.test(text) && /^[ \n\r\x85\u2028\u2029]|[ \n\r\x85\u2028\u2029]$/.test(text)
  const spaceBreak = / [\n\r\x85\u2028\u2029]/.test(text)
  const breakSpace = /[\n\r\x85\u2028\u2029] /.test(text)
  const special = hasSpecial(text)
  const tab = text.includes('\t')
  const single = !(breakSpace || spaceBreak || tab || special)
  return {
    multiline,
    plain: single && !edge && !multiline && !hasIndicator(text),
    single,
    literal: !(text.endsWith(' ') || spaceBreak || special),
  }
}

function hasIndicator(text: string): boolean {
  if (/^(?:---|\.\.\.)/.test(text)) return true
  if (/^[#,[\]{}&*!|>'"%@`]/.test(text)) return true
  if (/^[?:-](?:[ \t]|$)/.test(text)) return true
  return /:(?:[ \t]|$)/.test(text) || /[\s\x85]#/.test(text)
}

/** Characters that only double quotes can show. */
function hasSpecial(text: string): boolean {
  return /[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/.test(text)
}
