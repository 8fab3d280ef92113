// Platforms of images: `os/architecture/variant` (image-spec, image-index.md), by the names and the order of preference
// of containerd's package platforms, which is what Docker goes by.
import { ComposeError } from '../shared/errors.ts'

export interface Platform {
  os: string
  architecture: string
  variant?: string | undefined
}

export function hostPlatform(): Platform {
  const architectures: Record<string, string> = {
    x64: 'amd64',
    ia32: '386',
    ppc64: 'ppc64le',
  }
  return normalizePlatform({ os: 'linux', architecture: architectures[process.arch] ?? process.arch })
}

/** `os[/architecture[/variant]]`, or an architecture alone. */
export function parsePlatform(text: string): Platform {
  const parts = text.split('/')
  const wrong = parts.find(part => !/^[A-Za-z0-9_.-]+$/.test(part))
  if (wrong !== undefined)
    throw new ComposeError('invalid_argument', `"${wrong}" is an invalid component of "${text}"`, { hint: form })
  const [os = '', architecture, variant, ...more] = parts
  if (more.length > 0)
    throw new ComposeError('invalid_argument', `"${text}": cannot parse platform specifier`, { hint: form })
  if (architecture !== undefined) return normalizePlatform({ os, architecture, variant })
  const alone = normalizePlatform({ os: 'linux', architecture: os })
  if (knownArchitectures.has(alone.architecture)) return alone
  const host = hostPlatform()
  const named = normalizePlatform({ ...host, os })
  if (knownSystems.has(named.os)) return named
  throw new ComposeError('invalid_argument', `"${text}": unknown operating system or architecture`, { hint: form })
}

const form = 'a platform is named by os/architecture or os/architecture/variant, such as linux/arm64 or linux/arm/v7'

export const formatPlatform = ({ os, architecture, variant }: Platform): string =>
  [os, architecture, variant].filter(Boolean).join('/')

/** One name for what has several. What is missing is what it usually is. */
export function normalizePlatform(platform: Partial<Platform>): Platform {
  const os = platform.os?.toLowerCase() || 'linux'
  const { architecture, variant } = normalizeArchitecture(
    platform.architecture?.toLowerCase() ?? '',
    platform.variant?.toLowerCase() ?? '',
  )
  return { os: os === 'macos' ? 'darwin' : os, architecture, ...(variant ? { variant } : {}) }
}

function normalizeArchitecture(architecture: string, variant: string): { architecture: string; variant: string } {
  switch (architecture) {
    case 'i386':
      return { architecture: '386', variant: '' }
    case 'x86_64':
    case 'x86-64':
    case 'amd64':
      return { architecture: 'amd64', variant: variant === 'v1' ? '' : variant }
    case 'aarch64':
    case 'arm64':
      return { architecture: 'arm64', variant: /^v?8$/.test(variant) ? '' : variant }
    case 'armhf':
      return { architecture: 'arm', variant: 'v7' }
    case 'armel':
      return { architecture: 'arm', variant: 'v6' }
    case 'arm':
      return { architecture, variant: variant === '' ? 'v7' : variant.replace(/^([5-8])$/, 'v$1') }
    default:
      return { architecture, variant }
  }
}

export const isSamePlatform = (one: Partial<Platform>, other: Partial<Platform>): boolean =>
  formatPlatform(normalizePlatform(one)) === formatPlatform(normalizePlatform(other))

/** The entry that fits the platform best: its own, or an earlier one whose programs it runs too. */
export function choosePlatform<T extends { platform?: Partial<Platform> }>(
  entries: readonly T[],
  wanted: Platform,
): T | undefined {
  for (const fitting of runBy(normalizePlatform(wanted))) {
    const found = entries.find(({ platform }) => platform && isSamePlatform(platform, fitting))
    if (found) return found
  }
  return undefined
}

/** Whose programs a platform runs, the best first. */
function runBy(platform: Platform): Platform[] {
  const { os, architecture, variant } = platform
  switch (architecture) {
    case 'amd64':
      return [platform, ...below(platform, 1), { os, architecture: '386' }]
    case 'arm':
      return [platform, ...below(platform, 5)]
    case 'arm64':
      return [platform, ...runBy({ os, architecture: 'arm', variant: variant ?? 'v8' })]
    default:
      return [platform]
  }
}

/** The same with lower versions, down to `lowest`. */
function below({ variant, ...platform }: Platform, lowest: number): Platform[] {
  const version = Number(/^v(\d)$/.exec(variant ?? '')?.[1] ?? lowest)
  return Array.from({ length: version - lowest }, (_, index) => ({ ...platform, variant: `v${version - 1 - index}` }))
}

const knownSystems = new Set(
  'aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows zos'.split(
    ' ',
  ),
)
const knownArchitectures = new Set(
  (
    '386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc ppc64 ' +
    'ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm'
  ).split(' '),
)
