// `seccomp:<file>` of security_opt: the engine wants the profile's text, which is read when the container is made. A
// plan names the file.
import { readFileSync } from 'node:fs'
import type { ContainerCreateRequest } from '../../docker/protocol/types.ts'
import { ComposeError } from '../../shared/errors.ts'

/** The body with the text of its profile; one without a profile as it is. */
export function withSecurityProfiles(body: ContainerCreateRequest): ContainerCreateRequest {
  const { HostConfig } = body
  if (!HostConfig?.SecurityOpt?.some(fileOf)) return body
  return { ...body, HostConfig: { ...HostConfig, SecurityOpt: HostConfig.SecurityOpt.map(withText) } }
}

function withText(option: string): string {
  const file = fileOf(option)
  if (file === undefined) return option
  try {
    return `seccomp=${JSON.stringify(JSON.parse(readFileSync(file, 'utf8')))}`
  } catch (cause) {
    throw new ComposeError('invalid_argument', `opening seccomp profile (${file}) failed`, { cause })
  }
}

const fileOf = (option: string) => /^seccomp[:=](?!unconfined$|builtin$|\{)(.+)$/.exec(option)?.[1]
