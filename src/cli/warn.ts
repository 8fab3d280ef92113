// Warnings, as every command tells them.
import { warningLine } from '../ui/warning-line.ts'

let withWarnings = true

/** With --no-warnings nothing is told. */
export function showWarnings(shown: boolean): void {
  withWarnings = shown
}

export function warn(text: string): void {
  if (withWarnings) process.stderr.write(warningLine(text))
}

const told = new Set<string>()

/** What holds for the whole of a command is told once. */
export function warnOnce(text: string): void {
  if (told.has(text)) return
  told.add(text)
  warn(text)
}

export function warnAll(texts: readonly string[]): void {
  for (const text of texts) warn(text)
}
