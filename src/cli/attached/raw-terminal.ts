// The caller's terminal handed to a program elsewhere: every key goes there, and its size.

export interface Size {
  rows: number
  columns: number
}

/** Keys come raw until `dispose`; `onSize` is called whenever the window changes, and by `tell`. */
export function rawTerminal(onSize: (size: Size) => void): { tell(): void; dispose(): void } {
  const { stdin, stdout } = process
  const resize = () => onSize({ rows: stdout.rows, columns: stdout.columns })
  stdin.setRawMode(true)
  stdout.on('resize', resize)
  return {
    tell: resize,
    dispose() {
      stdout.off('resize', resize)
      stdin.setRawMode(false)
      stdin.pause()
    },
  }
}
