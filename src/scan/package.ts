// A package as every database is read into it, and its address by the package-url specification.

export interface Package {
  kind: 'deb' | 'apk' | 'rpm' | 'npm'
  name: string
  version: string
  /** In the database's own words. */
  license?: string | undefined
  architecture?: string | undefined
  /** Of rpm: goes before the version where two are compared. */
  epoch?: string | undefined
  /** What it was built from, where that has another name. */
  source?: string | undefined
  /** The file that tells of it, without a leading slash. */
  location: string
}

/** What os-release says. */
export interface Distribution {
  id: string
  version?: string | undefined
}

/** purl-spec: type/namespace/name@version?qualifiers. */
export function purlOf(
  { kind, name, version, architecture, epoch }: Package,
  distribution: Distribution | undefined,
): string {
  const at = `@${encoded(version)}`
  if (kind === 'npm') return `pkg:npm/${name.split('/').map(encoded).join('/')}${at}`
  const { id, version: release } = distribution ?? { id: usual[kind] }
  const qualifiers = [
    ...(architecture ? [`arch=${encoded(architecture)}`] : []),
    ...(epoch ? [`epoch=${epoch}`] : []),
    ...(release ? [`distro=${encoded(`${id}-${release}`)}`] : []),
  ]
  return `pkg:${kind}/${encoded(id)}/${encoded(name)}${at}${qualifiers.length > 0 ? `?${qualifiers.join('&')}` : ''}`
}

/** The home of a database, where an image does not say what it is. */
const usual = { deb: 'debian', apk: 'alpine', rpm: 'fedora' }

/** The colon stays, by the specification. */
const encoded = (text: string) => encodeURIComponent(text).replaceAll('%3A', ':')
