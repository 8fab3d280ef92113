// A question to whoever sits at the terminal, or to what is piped in.
import { createInterface } from 'node:readline'

/** The question goes to stdout; the end of input is a no. */
export async function ask(question: string, signal: AbortSignal): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin })
  process.stdout.write(process.stdin.isTTY ? `? ${question} (y/N) ` : question)
  const close = () => terminal.close()
  signal.addEventListener('abort', close)
  try {
    for await (const line of terminal) return /^(y|yes|t|true|1)$/i.test(line.trim())
    signal.throwIfAborted()
    return false
  } finally {
    signal.removeEventListener('abort', close)
    terminal.close()
  }
}
