// What whoever publishes is asked before: an artifact shows what stands in its files to everybody who may pull it. In the
// peer's words.
import type { Project } from '../../model/project/project.ts'
import { ComposeError } from '../../shared/errors.ts'
import type { ProjectFiles } from './project-files.ts'

/** Throws where nobody could use what would be published. */
export function refuseUnpullable(project: Project): void {
  const unnamed = Object.values(project.services).filter(({ image, build }) => !image && build)
  if (unnamed.length === 0) return
  const list = unnamed.map(({ name }) => `- "${name}"\n`).join('')
  throw new ComposeError(
    'failed_precondition',
    `your Compose stack cannot be published as it only contains a build section for service(s):\n${list}`,
  )
}

export interface ConsentOptions {
  withEnv: boolean
}

/** Questions, each to be answered with yes. */
export function publishQuestions(project: Project, files: ProjectFiles, { withEnv }: ConsentOptions): string[] {
  return [bindMounts(project), sensitiveData(files), withEnv ? undefined : environment(files)].filter(
    question => question !== undefined,
  )
}

function bindMounts(project: Project): string | undefined {
  const mounts = Object.values(project.services).flatMap(({ name, volumes = [] }) =>
    volumes
      .filter(({ type }) => type === 'bind')
      .map(({ source = '', target = '', readOnly }) => `${name}${source}:${target}:${readOnly ? 'ro' : 'rw'}\n`),
  )
  if (mounts.length === 0) return undefined
  return [
    'you are about to publish bind mounts declaration within your OCI artifact.\n',
    'only the bind mount declarations will be added to the OCI artifact (not content)\n',
    "please double check that you are not mounting potential user's sensitive directories or data\n",
    ...mounts,
    'Are you ok to publish these bind mount declarations?',
  ].join('')
}

/** Keys whose values are nobody else's business. */
const sensitiveKey = /pass(?:word|wd|phrase)|secret|token|credential|api_?key|access_?key|private_?key|auth/i

function environment({ services }: ProjectFiles): string | undefined {
  const lines = new Set(
    services.flatMap(({ name, literals, envFiles }) => [
      ...(envFiles ? [`  service "${name}": env_file declared\n`] : []),
      ...literals
        .filter(([key]) => sensitiveKey.test(key))
        .map(([key]) => `  service "${name}": literal value for "${key}"\n`),
    ]),
  )
  if (lines.size === 0) return undefined
  return [
    'you are about to publish env-related declarations within your OCI artifact.\n',
    'env_file paths and literal values for sensitive-looking keys are embedded as-is in the published YAML;\n',
    `interpolated values like "\${VAR}" are kept symbolic and have already been excluded.\n`,
    ...lines,
    'Use --with-env to silence this prompt and always publish env declarations.\n',
    'Are you ok to publish these env declarations?',
  ].join('')
}

/** Values that are secrets by their form, whatever they are called. */
const secrets: readonly [kind: string, pattern: RegExp][] = [
  ['AWS Client ID', /\b(?:A3T[A-Z0-9]|AKIA|AGPA|AIDA|AROA|AIPA|ANPA|ANVA|ASIA)[A-Z0-9]{16}\b/g],
  ['AWS Secret Key', /\baws.{0,20}["'=:\s][0-9a-zA-Z/+]{40}\b/gi],
  ['Github authentication', /\bgh[pousr]_[0-9a-zA-Z]{36}\b/g],
  ['JSON Web Token', /\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/g],
  ['Private Key', /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/g],
]

function sensitiveData({ files }: ProjectFiles): string | undefined {
  const found = files.flatMap(({ path, content }) =>
    secrets.flatMap(([kind, pattern]) =>
      [...content.matchAll(pattern)].map(([value]) => `${kind}\n"${path}": ${value}\n`),
    ),
  )
  if (found.length === 0) return undefined
  return [
    'you are about to publish sensitive data within your OCI artifact.\n',
    'please double check that you are not leaking sensitive data\n',
    ...new Set(found),
    'Are you ok to publish these sensitive data?',
  ].join('')
}
