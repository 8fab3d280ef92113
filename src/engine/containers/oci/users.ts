// `user[:group]` as numbers, names looked up in the container's own files. Those are opened so that no link in the
// image leads to the host's.
import { closeSync, readFileSync } from 'node:fs'
import { ComposeError, isErrno } from '../../../shared/errors.ts'
import { openInRoot } from '../../kernel/libc.ts'
import type { SpecUser } from '../../runtime/spec.ts'

/** `root` is the container's root file system. Also returns the user's home folder. */
export function resolveUser(root: string, user: string, extraGroups: readonly string[]): SpecUser & { home: string } {
  const passwd = entries(root, '/etc/passwd')
  const groups = entries(root, '/etc/group')
  const [userText = '', groupText] = user.split(':')
  const account = passwd.find(([name, , uid]) => name === userText || (isNumber(userText) && uid === userText))
  const uid = account
    ? Number(account[2])
    : numberOf(userText || '0', `unable to find user ${userText}: no matching entries in passwd file`)
  const gidOf = (text: string): number => {
    const entry = groups.find(([name, , gid]) => name === text || (isNumber(text) && gid === text))
    return entry ? Number(entry[2]) : numberOf(text, `unable to find group ${text}: no matching entries in group file`)
  }
  const rootAccount = passwd.find(([, , id]) => id === '0')
  const known = account ?? (userText === '' ? rootAccount : undefined)
  const memberships =
    groupText === undefined && known
      ? groups
          .filter(([, , , members = '']) => members.split(',').includes(known[0] ?? ''))
          .map(([, , gid]) => Number(gid))
      : []
  const gid = groupText === undefined ? Number(known?.[3] ?? 0) : gidOf(groupText)
  // The group itself too, as Docker Engine does: without it a file that excludes the group would not (CVE-2022-36109).
  const additionalGids = [...new Set([gid, ...memberships, ...extraGroups.map(gidOf)])]
  return { uid, gid, additionalGids, home: known?.[5] || (uid === 0 ? '/root' : '/') }
}

function numberOf(text: string, message: string): number {
  if (!isNumber(text)) throw new ComposeError('invalid_argument', message)
  return Number(text)
}

const isNumber = (text: string) => /^\d+$/.test(text)

/** passwd(5) and group(5): fields between colons. A missing file has no entries. */
function entries(root: string, path: string): string[][] {
  try {
    const fd = openInRoot(root, path)
    try {
      return readFileSync(fd, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map(line => line.split(':'))
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return []
    throw error
  }
}
