// The extended attributes of a file that belong to it wherever it goes: capabilities and the user's own.
import { lgetxattr, llistxattr } from '../kernel/libc.ts'

export function readAttributes(path: string): Record<string, Buffer> {
  const kept = names(path).filter(name => name === 'security.capability' || name.startsWith('user.'))
  return Object.fromEntries(
    kept.flatMap(name => {
      const value = lgetxattr(path, name)
      return value ? [[name, value] as const] : []
    }),
  )
}

function names(path: string): string[] {
  try {
    return llistxattr(path)
  } catch {
    // A file system without attributes has none.
    return []
  }
}

/** overlayfs (kernel documentation, "whiteouts and opaque directories"): nothing of the lower layers shows in it. */
export const isOpaque = (path: string): boolean => lgetxattr(path, 'trusted.overlay.opaque')?.toString() === 'y'
