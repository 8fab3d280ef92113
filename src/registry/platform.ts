// Platforms of images: `os/architecture/variant` (image-spec, image-index.md).

export interface Platform {
  os: string
  architecture: string
  variant?: string | undefined
}

export function hostPlatform(): Platform {
  const architectures: Record<string, Platform> = {
    x64: { os: 'linux', architecture: 'amd64' },
    arm64: { os: 'linux', architecture: 'arm64' },
    arm: { os: 'linux', architecture: 'arm', variant: 'v7' },
    ia32: { os: 'linux', architecture: '386' },
    riscv64: { os: 'linux', architecture: 'riscv64' },
    s390x: { os: 'linux', architecture: 's390x' },
    ppc64: { os: 'linux', architecture: 'ppc64le' },
  }
  return architectures[process.arch] ?? { os: 'linux', architecture: process.arch }
}

/** `os[/architecture[/variant]]`. */
export function parsePlatform(text: string): Platform {
  const [os = 'linux', architecture = hostPlatform().architecture, variant] = text.split('/')
  return { os, architecture, ...(variant ? { variant } : {}) }
}

export const formatPlatform = ({ os, architecture, variant }: Platform): string =>
  [os, architecture, variant].filter(Boolean).join('/')

/** The entry for the platform; one for the same architecture without a variant does too. */
export function choosePlatform<T extends { platform?: Platform }>(
  entries: readonly T[],
  wanted: Platform,
): T | undefined {
  const fitting = entries.filter(
    ({ platform: own }) => own?.os === wanted.os && own.architecture === wanted.architecture,
  )
  if (!wanted.variant) return fitting[0]
  return (
    fitting.find(({ platform: own }) => own?.variant === wanted.variant) ??
    fitting.find(({ platform: own }) => !own?.variant)
  )
}
