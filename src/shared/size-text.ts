// Sizes in Docker's words: three digits, decimal or binary units.

const decimal = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
const binary = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/** `7.83MB`. */
export const sizeText = (bytes: number): string => scaled(bytes, 1000, decimal, 3)

/** `3.137MiB`, as memory is told. */
export const memoryText = (bytes: number): string => scaled(bytes, 1024, binary, 4)

function scaled(bytes: number, step: number, units: readonly string[], digits: number): string {
  let value = bytes
  let unit = 0
  while (value >= step && unit < units.length - 1) {
    value /= step
    unit++
  }
  // As Go's %.3g: no zeros at the end, no exponent below the next unit.
  return `${Number(value.toPrecision(digits))}${units[unit]}`
}
