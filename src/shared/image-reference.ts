// Image references (distribution/reference): what `postgres` or `ghcr.io/a/b:1@sha256:…` names.
import { ComposeError } from './errors.ts'

export interface Reference {
  /** `docker.io` for names without a registry. */
  registry: string
  /** `library/postgres`. */
  repository: string
  tag: string | undefined
  digest: string | undefined
}

const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const pattern = new RegExp(
  `^(${component}(?:/${component})*)(?::([\\w][\\w.-]{0,127}))?(?:@([a-z0-9+.-]+:[0-9a-fA-F]{32,}))?$`,
)

/** Neither tag nor digest is made up: `tag` is undefined for `postgres`. */
export function parseReference(text: string): Reference {
  const slash = text.indexOf('/')
  const first = text.slice(0, Math.max(slash, 0))
  const isRegistry = slash > 0 && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase())
  const match = pattern.exec(isRegistry ? text.slice(slash + 1) : text)
  if (!match?.[1]) {
    const name = (isRegistry ? text.slice(slash + 1) : text).split(/[:@]/)[0] ?? ''
    const full = isRegistry || name.includes('/') ? name : `library/${name}`
    const why = /[A-Z]/.test(name) ? `: repository name (${full}) must be lowercase` : ''
    throw new ComposeError('invalid_argument', `invalid reference format${why}`, { path: text })
  }
  const [, path, tag, digest] = match
  const registry = !isRegistry || first === 'index.docker.io' ? 'docker.io' : first
  const repository = registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path
  return { registry, repository, tag, digest }
}

/** Undefined where the text is no reference. */
export function referenceOf(text: string): Reference | undefined {
  try {
    return parseReference(text)
  } catch {
    return undefined
  }
}

/** The name as people write it: `postgres`, `ghcr.io/a/b`. */
export function familiarName({ registry, repository }: Reference): string {
  return registry === 'docker.io' ? repository.replace(/^library\//, '') : `${registry}/${repository}`
}

/** With its tag, `latest` if none was given. */
export const familiarTag = (reference: Reference): string => `${familiarName(reference)}:${reference.tag ?? 'latest'}`
