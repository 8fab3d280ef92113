// Lines of containers while progress is still drawn on the same terminal.

/** Keeps what is to be printed until the picture of the progress is finished: a line in between would tear it. */
export function heldLines(): { write(print: () => void): void; release(): void } {
  let held: (() => void)[] | undefined = []
  return {
    write(print) {
      if (held) held.push(print)
      else print()
    },
    release() {
      const waiting = held ?? []
      held = undefined
      for (const print of waiting) print()
    },
  }
}
