// What a request and its Dockerfile ask for that this builder does not know: refused or told by name.

import type { Platform } from '../../registry/platform.ts'
import { ComposeError } from '../../shared/errors.ts'
import { nearest } from '../../shared/nearest.ts'
import type { Dockerfile } from './dockerfile/dockerfile.ts'
import { readInstruction } from './dockerfile/instruction.ts'
import { readLines } from './dockerfile/lines.ts'
import { argumentsOf } from './dockerfile/words.ts'
import type { BuildRequest } from './request.ts'
import { platformArguments, proxyArguments } from './scope.ts'

const entitlements = ['network.host', 'security.insecure']

/** RUN asks for them by --network=host and --security=insecure. */
export function checkEntitlements(request: BuildRequest): void {
  for (const name of request.entitlements) {
    if (entitlements.includes(name)) continue
    const meant = nearest(name, entitlements)
    throw new ComposeError('invalid_argument', `unknown entitlement ${name}`, {
      hint: meant ? `did you mean ${meant}?` : `it is one of ${entitlements.join(', ')}`,
    })
  }
}

/** `# syntax=` names the image that reads the file; this builder reads what Docker's own does. */
export function checkSyntax({ directives, file, text }: Dockerfile, request: BuildRequest): void {
  const given = request.args.BUILDKIT_SYNTAX
  const syntax = given ?? directives.get('syntax')
  const [image] = syntax?.split(/\s/) ?? []
  if (!image || /(?:^|\/)docker\/dockerfile(?:-upstream)?(?:[:@]|$)/.test(image)) return
  const line = text.split('\n').findIndex(one => /^\s*(?:#|\/\/)\s*syntax\s*=/i.test(one)) + 1
  throw new ComposeError('not_implemented', `the syntax ${image} is not available on this engine`, {
    path: given === undefined ? `${file}:${Math.max(line, 1)}` : undefined,
    hint: 'it reads Dockerfiles as docker/dockerfile:1 does; without the directive it would read this one so',
  })
}

/** Read by the builder itself, without an ARG. */
const ownArguments = [
  'BUILDKIT_CACHE_MOUNT_NS',
  'BUILDKIT_CONTEXT_KEEP_GIT_DIR',
  'BUILDKIT_DOCKERFILE_CHECK',
  'BUILDKIT_INLINE_CACHE',
  'BUILDKIT_SANDBOX_HOSTNAME',
  'BUILDKIT_SYNTAX',
  'SOURCE_DATE_EPOCH',
]

/** A warning of arguments that no ARG declares, neither in the file nor in `triggers`, the ONBUILD of its bases. */
export function unusedArguments(
  dockerfile: Dockerfile,
  { request, platform, triggers }: { request: BuildRequest; platform: Platform; triggers: readonly string[] },
): string | undefined {
  const { escapeToken, globals, stages } = dockerfile
  const declarations = [...globals, ...stages.flatMap(({ instructions }) => instructions)].flatMap(
    ({ keyword, text }) => (keyword === 'ARG' ? text : keyword === 'ONBUILD' ? triggerArguments(text) : []),
  )
  const declared = [...declarations, ...triggers.flatMap(triggerArguments)].flatMap(text =>
    argumentsOf(text, escapeToken).map(([name]) => name),
  )
  const known = new Set([
    ...declared,
    ...proxyArguments,
    ...Object.keys(platformArguments(platform, '')),
    ...ownArguments,
  ])
  const unused = Object.keys(request.args).filter(name => !known.has(name))
  if (unused.length === 0) return undefined
  const hints = unused.flatMap(name => {
    const meant = nearest(name, declared)
    return meant === undefined ? [] : `is ${name} meant to be ${meant}?`
  })
  return [`One or more build-args [${unused.join(' ')}] were not consumed`, ...hints].join(': ')
}

function triggerArguments(trigger: string): string[] {
  const { lines } = readLines(trigger, 'ONBUILD')
  return lines
    .map(line => readInstruction(line, 'ONBUILD'))
    .flatMap(({ keyword, text }) => (keyword === 'ARG' ? text : []))
}
