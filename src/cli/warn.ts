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

export function warnAll(texts: readonly string[]): void {
  for (const text of texts) warn(text)
}
