// `build --check`: what could be better in a Dockerfile that can be built. The rules, their names and their sentences are
// those of BuildKit's linter, as far as the text alone decides them.
import { ComposeError } from '../../../shared/errors.ts'
import { ignoreMatcher } from '../../../shared/ignore-patterns.ts'
import { referenceOf } from '../../../shared/image-reference.ts'
import { nearest } from '../../../shared/nearest.ts'
import { isPattern } from '../../../shared/path-pattern.ts'
import type { Dockerfile, Stage } from './dockerfile.ts'
import { excerpt } from './excerpt.ts'
import { flagOf, type Instruction, type Keyword } from './instruction.ts'
import { type Line, readLines } from './lines.ts'
import { argumentsOf, expandWord, readPairs } from './words.ts'

export interface Finding {
  rule: string
  url: string
  message: string
  /** Lines of the file. */
  first: number
  last: number
  source: string[]
}

export interface CheckOptions {
  /** Lines of .dockerignore. */
  ignored: readonly string[]
  /** Those that FROM and stages know without a declaration. */
  predefined: readonly string[]
  /** The environment of an image that is here; undefined: it is not known. */
  environmentOf(base: string): string[] | undefined
  /** `BUILDKIT_DOCKERFILE_CHECK`, in place of the directive. */
  directive: string | undefined
}

export interface Checked {
  findings: Finding[]
  /** error=true of the directive: a build ends where something is found. */
  isError: boolean
}

type Tell = (rule: string, at: { first: number; last: number }, message: string) => void

/** What is asked of all instructions, in the order of the file. */
export function checkDockerfile(dockerfile: Dockerfile, options: CheckOptions): Checked {
  const { skipped, isError } = readDirective(options.directive ?? dockerfile.directives.get('check'))
  const findings: Finding[] = []
  const tell: Tell = (rule, { first, last }, message) => {
    if (skipped.has('all') || skipped.has(rule.toLowerCase())) return
    const page = rule.replace(/([a-z])([A-Z])|([A-Z]+)([A-Z][a-z])/g, '$1$3-$2$4').toLowerCase()
    const url = `https://docs.docker.com/go/dockerfile/rule/${page}/`
    findings.push({ rule, url, message, first, last, source: excerpt(dockerfile.text, first, last) })
  }
  const { lines } = readLines(dockerfile.text, dockerfile.file)
  checkCasing(lines, tell)
  checkContinuations(dockerfile, lines, tell)
  checkStageNames(dockerfile.stages, lines, tell)
  checkBases(dockerfile, options, tell)
  for (const stage of dockerfile.stages) checkInstructions(stage, dockerfile.escapeToken, options, tell)
  checkVariables(dockerfile, options, tell)
  return { findings: findings.sort((a, b) => a.first - b.first), isError }
}

/** `skip=Rule,Other;error=true` */
function readDirective(text: string | undefined): { skipped: Set<string>; isError: boolean } {
  const fields = (text ?? '').split(';').flatMap(field => (field.trim() === '' ? [] : [field.trim().split('=')]))
  const skipped = new Set<string>()
  let isError = false
  for (const [name = '', value = ''] of fields) {
    if (name === 'skip') for (const rule of value.split(',')) skipped.add(rule.trim().toLowerCase())
    else if (name === 'error') isError = /^(?:1|t|true)$/i.test(value)
    else if (name !== 'experimental')
      throw new ComposeError('invalid_argument', `invalid check option ${JSON.stringify(name)}`, {
        hint: 'such as # check=skip=JSONArgsRecommended;error=true',
      })
  }
  return { skipped, isError }
}

const isLower = (text: string): boolean => text === text.toLowerCase()
const isUpper = (text: string): boolean => text === text.toUpperCase()
const written = ({ source }: Line): string => /^\S+/.exec(source)?.[0] ?? ''

function checkCasing(lines: readonly Line[], tell: Tell): void {
  const words = lines.map(written)
  const isLowerUsual = words.filter(isLower).length > words.filter(isUpper).length
  const usual = isLowerUsual ? 'lowercase' : 'uppercase'
  for (const line of lines) {
    const word = written(line)
    if (isLowerUsual ? isLower(word) : isUpper(word)) continue
    tell(
      'ConsistentInstructionCasing',
      line,
      `Command '${word}' should match the case of the command majority (${usual})`,
    )
  }
  for (const line of lines.filter(({ keyword }) => keyword === 'FROM')) {
    const as = /\s(as)\s+\S+\s*$/i.exec(line.source)?.[1]
    const from = written(line)
    if (as !== undefined && isLower(as) !== isLower(from))
      tell('FromAsCasing', line, `'${as}' and '${from}' keywords' casing do not match`)
  }
}

function checkContinuations({ text }: Dockerfile, lines: readonly Line[], tell: Tell): void {
  const physical = text.split(/\r?\n/)
  for (const line of lines) {
    const bodies = line.heredocs.reduce((sum, { content }) => sum + content.split('\n').length, 0)
    const own = physical.slice(line.first - 1, line.last - bodies)
    if (own.some(one => one.trim() === '')) tell('NoEmptyContinuation', line, 'Empty continuation line')
  }
}

function checkStageNames(stages: readonly Stage[], lines: readonly Line[], tell: Tell): void {
  const seen = new Set<string>()
  for (const { name, from } of stages) {
    if (name === undefined) continue
    const line = lines.find(({ first }) => first === from.first)
    const own = /\s(\S+)\s*$/.exec(line?.source ?? '')?.[1] ?? name
    if (!isLower(own)) tell('StageNameCasing', from, `Stage name '${own}' should be lowercase`)
    if (name === 'scratch' || name === 'context')
      tell('ReservedStageName', from, `Stage name should not use the same name as reserved stage "${name}"`)
    if (seen.has(name)) tell('DuplicateStageName', from, `Duplicate stage name "${own}", stage names should be unique`)
    seen.add(name)
  }
}

function checkBases({ stages, globals, escapeToken }: Dockerfile, { predefined }: CheckOptions, tell: Tell): void {
  const defaults = new Map<string, string>()
  const declared = new Set(predefined)
  const expand = (text: string) => expandWord(text, { escapeToken, variables: name => defaults.get(name) })
  for (const { text } of globals)
    for (const [name, value] of argumentsOf(text, escapeToken)) {
      declared.add(name)
      if (value !== undefined) defaults.set(name, expand(value))
    }
  const names = stages.map(({ name }) => name)
  for (const { base, platform, from, name } of stages) {
    for (const word of [base, platform ?? ''])
      for (const variable of plainVariables(word, escapeToken).filter(one => !declared.has(one))) {
        const meant = nearest(variable, [...declared])
        tell(
          'UndefinedArgInFrom',
          from,
          `FROM argument '${variable}' is not declared${meant ? ` (did you mean ${meant}?)` : ''}`,
        )
      }
    if (/^\$(?:TARGETPLATFORM|\{TARGETPLATFORM\})$/.test(platform ?? ''))
      tell(
        'RedundantTargetPlatform',
        from,
        `Setting platform to predefined ${platform} in FROM is redundant as this is the default behavior`,
      )
    else if (platform && !platform.includes('$') && !platform.split('/').some(part => name?.includes(part)))
      tell('FromPlatformFlagConstDisallowed', from, `FROM --platform flag should not use constant value "${platform}"`)
    const uses = plainVariables(base, escapeToken)
    if (uses.length > 0 && uses.every(one => declared.has(one)) && !isBase(expand(base), names))
      tell('InvalidDefaultArgInFrom', from, `Default value for ARG ${base} results in empty or invalid base image name`)
  }
}

const isBase = (text: string, stages: readonly (string | undefined)[]): boolean =>
  stages.includes(text.toLowerCase()) || referenceOf(text) !== undefined

const once: readonly Keyword[] = ['CMD', 'ENTRYPOINT', 'HEALTHCHECK']
const secretName = /(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)/i
const publicName = /(?:_|^)public(?:_|$)/i

function checkInstructions({ instructions }: Stage, escapeToken: string, { ignored }: CheckOptions, tell: Tell): void {
  const isIgnored = ignoreMatcher(ignored)
  const last = new Map<Keyword, Instruction>()
  let hasPlace = false
  let hasShell = false
  for (const instruction of instructions) {
    const { keyword, text, list } = instruction
    const before = last.get(keyword)
    if (before && once.includes(keyword))
      tell(
        'MultipleInstructionsDisallowed',
        before,
        `Multiple ${keyword} instructions should not be used in the same stage because only the last one will be used`,
      )
    last.set(keyword, instruction)
    if (keyword === 'SHELL') hasShell = true
    if (keyword === 'MAINTAINER')
      tell('MaintainerDeprecated', instruction, 'Maintainer instruction is deprecated in favor of using label')
    if ((keyword === 'CMD' || keyword === 'ENTRYPOINT') && !list && !hasShell)
      tell(
        'JSONArgsRecommended',
        instruction,
        `JSON arguments recommended for ${keyword} to prevent unintended behavior related to OS signals`,
      )
    if (keyword === 'WORKDIR') {
      if (/^["']?\//.test(text)) hasPlace = true
      else if (!hasPlace && !text.startsWith('$'))
        tell(
          'WorkdirRelativePath',
          instruction,
          `Relative workdir "${text}" can have unexpected results if the base image changes`,
        )
    }
    if ((keyword === 'ENV' || keyword === 'LABEL') && !/^(?:"[^"]*"|'[^']*'|[^\s"'=])+=/.test(text))
      tell(
        'LegacyKeyValueFormat',
        instruction,
        `"${keyword} key=value" should be used instead of legacy "${keyword} key value" format`,
      )
    if (keyword === 'ENV' || keyword === 'ARG')
      for (const name of namesSet(instruction, escapeToken).filter(
        one => secretName.test(one) && !publicName.test(one),
      ))
        tell(
          'SecretsUsedInArgOrEnv',
          instruction,
          `Do not use ARG or ENV instructions for sensitive data (${keyword} "${name}")`,
        )
    if (keyword === 'EXPOSE')
      for (const port of text.split(/\s+/).filter(one => /\/.*[A-Z]/.test(one)))
        tell('ExposeProtoCasing', instruction, `Defined protocol '${port}' in EXPOSE instruction should be lowercase`)
    if ((keyword === 'COPY' || keyword === 'ADD') && flagOf(instruction, 'from') === undefined)
      for (const name of copied(instruction).filter(one => isIgnored(one.replace(/^(?:\.?\/)+/, ''))))
        tell(
          'CopyIgnoredFile',
          instruction,
          `Attempting to ${keyword === 'ADD' ? 'Add' : 'Copy'} file ${JSON.stringify(name)} that is excluded by .dockerignore`,
        )
  }
}

/** Names of files that are certain. */
const copied = ({ list, text }: Instruction): string[] =>
  (list ?? text.split('\n', 1)[0]?.split(/\s+/) ?? [])
    .slice(0, -1)
    .filter(name => !/^<<|:\/\/|^git@|\$/.test(name) && !isPattern(name) && !/^\.?\/?$/.test(name))

/** Of ENV and ARG. */
function namesSet({ keyword, text }: Instruction, escapeToken: string): string[] {
  const pairs = keyword === 'ARG' ? argumentsOf(text, escapeToken) : readPairs(text, escapeToken)
  return (pairs ?? []).map(([name]) => name)
}

const expanding: readonly Keyword[] = [
  'ADD',
  'ARG',
  'COPY',
  'ENV',
  'EXPOSE',
  'LABEL',
  'STOPSIGNAL',
  'USER',
  'VOLUME',
  'WORKDIR',
]

/** Where a base is not here, what it sets is not known, and nothing is told. */
function checkVariables({ stages, escapeToken }: Dockerfile, options: CheckOptions, tell: Tell): void {
  const known = new Map<string, Set<string> | undefined>()
  for (const { base, name, instructions } of stages) {
    const environment = base === 'scratch' ? [] : options.environmentOf(base)
    const stageBelow = known.has(base.toLowerCase()) ? known.get(base.toLowerCase()) : undefined
    const isKnown = stageBelow !== undefined || (!known.has(base.toLowerCase()) && environment !== undefined)
    const names = new Set(['PATH', ...(stageBelow ?? environment?.map(entry => entry.split('=', 1)[0] ?? '') ?? [])])
    for (const instruction of instructions) {
      if (isKnown && expanding.includes(instruction.keyword))
        for (const variable of new Set(plainVariables(instruction.text, escapeToken)))
          if (!names.has(variable) && !/^(?:https?|ftp|no|all)_proxy$/i.test(variable)) {
            // Of a letter or two everything is near.
            const meant = variable.length > 2 ? nearest(variable, [...names]) : undefined
            const more = meant ? ` (did you mean $${meant}?)` : ''
            tell('UndefinedVar', instruction, `Usage of undefined variable '$${variable}'${more}`)
          }
      if (instruction.keyword === 'ENV' || instruction.keyword === 'ARG')
        for (const one of namesSet(instruction, escapeToken)) names.add(one)
    }
    if (name !== undefined) known.set(name, isKnown ? names : undefined)
  }
}

/** Those in `$name` and `${name}`, which are nothing where they are not set; not in single quotes. */
function plainVariables(text: string, escapeToken: string): string[] {
  const found: string[] = []
  let quote = ''
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at)
    if (char === escapeToken && quote !== "'") at++
    else if (quote && char === quote) quote = ''
    else if (!quote && (char === '"' || char === "'")) quote = char
    else if (char === '$' && quote !== "'") {
      const [whole = '', bare, braced] = /^\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})/.exec(text.slice(at)) ?? []
      const name = bare ?? braced
      if (name !== undefined) found.push(name)
      at += Math.max(0, whole.length - 1)
    }
  }
  return found
}
