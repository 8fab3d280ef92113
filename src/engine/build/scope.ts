// The variables of a stage: ARG and ENV, and what is known without having been declared.
import { formatPlatform, hostPlatform, type Platform } from '../../registry/platform.ts'
import { expandWord, splitWords, type Variables } from './dockerfile/words.ts'

/** May be given without ARG, and are no part of what a step is made of: a proxy is the host's. */
export const proxyArguments: readonly string[] = [
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'FTP_PROXY',
  'NO_PROXY',
  'ALL_PROXY',
].flatMap(name => [name, name.toLowerCase()])

/** What FROM knows of platforms; a stage has to declare them. */
export function platformArguments(target: Platform, stage: string): Record<string, string> {
  const of = (prefix: string, platform: Platform) => ({
    [`${prefix}PLATFORM`]: formatPlatform(platform),
    [`${prefix}OS`]: platform.os,
    [`${prefix}ARCH`]: platform.architecture,
    [`${prefix}VARIANT`]: platform.variant ?? '',
    [`${prefix}OSVERSION`]: '',
  })
  return { ...of('BUILD', hostPlatform()), ...of('TARGET', target), TARGETSTAGE: stage || 'default' }
}

export interface Words {
  expand(text: string): string
  /** Each expanded to one word. */
  list(text: string): string[]
  /** The content of a here-document. */
  content(text: string): string
}

export function createWords(escapeToken: string, variables: Variables): Words {
  const expand = (text: string) => expandWord(text, { escapeToken, variables })
  return {
    expand,
    list: text => splitWords(text, escapeToken).map(expand),
    content: text => expandWord(text, { escapeToken, variables, keepQuotes: true }),
  }
}
