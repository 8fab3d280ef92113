import { renameSync, writeFileSync } from 'node:fs'

/** Writes a file that others read at any moment: they see the old text or the new one, also after a kill in between. */
export function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
}
