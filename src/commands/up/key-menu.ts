// The keys of an attached `up` on a terminal, shown in a line at its bottom. They come raw, so what a terminal does of
// itself is done here: Ctrl-C and Ctrl-\ are signals to everything in its foreground, Ctrl-Z stops it until `fg`.
import { rawTerminal } from '../../cli/attached/raw-terminal.ts'
import { type Footer, openFooter } from '../../ui/footer.ts'

export interface KeyMenu {
  /** Shows the line anew. */
  refresh(): void
  /** Gives the terminal back. */
  close(): void
}

export interface MenuKey {
  key: string
  /** As it is shown at this moment. */
  label(): string
  press(): void
}

export interface KeyMenuOptions {
  keys: readonly MenuKey[]
  styled(key: string, label: string): string
}

const signals: Readonly<Record<string, NodeJS.Signals>> = { '\x03': 'SIGINT', '\x1c': 'SIGQUIT' }
const suspend = '\x1a'
/** Milliseconds in which the signal to stop has surely been taken. */
const stopTime = 100

export function openKeyMenu({ keys, styled }: KeyMenuOptions): KeyMenu {
  const { stdin, stdout, stderr } = process
  let open: { footer: Footer; terminal: ReturnType<typeof rawTerminal> } | undefined
  const refresh = () => open?.footer.show(keys.map(({ key, label }) => styled(key, label())).join('   '))

  const onData = (data: Buffer) => {
    for (const [index, byte] of data.entries()) {
      const typed = String.fromCharCode(byte)
      const signal = signals[typed]
      if (signal) {
        // The next one is the terminal's own again.
        close()
        process.kill(0, signal)
      } else if (typed === suspend) pause()
      else if (typed === '\r' || typed === '\n') stdout.write('\n')
      else keys.find(({ key }) => key === typed)?.press()
      if (open) continue
      if (index + 1 < data.length) stdin.unshift(data.subarray(index + 1))
      return
    }
  }
  const take = () => {
    open = { footer: openFooter(stdout, [stderr]), terminal: rawTerminal(() => {}) }
    stdin.on('data', onData).resume()
    refresh()
  }
  const close = () => {
    if (!open) return
    const { footer, terminal } = open
    open = undefined
    footer.close()
    stdin.off('data', onData)
    terminal.dispose()
  }
  let resuming: NodeJS.Timeout | undefined
  const pause = () => {
    close()
    process.kill(0, 'SIGTSTP')
    // Reached when somebody has continued us, or when nobody could: a group without a shell is not stopped.
    resuming = setTimeout(take, stopTime)
  }
  take()
  return {
    refresh,
    close() {
      clearTimeout(resuming)
      close()
    },
  }
}
