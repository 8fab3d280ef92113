// The order of keys in printed maps.

/** How go-yaml sorts keys: numbers in them by value, letters after anything else. */
export function naturalOrder(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)]
  let digits = false
  for (let i = 0; i < left.length && i < right.length; i++) {
    const [x = '', y = ''] = [left[i], right[i]]
    if (x === y) {
      digits = /\p{Nd}/u.test(x)
      continue
    }
    const [xLetter, yLetter] = [/\p{L}/u.test(x), /\p{L}/u.test(y)]
    if (xLetter && yLetter) return x < y ? -1 : 1
    if (xLetter || yLetter) return digits === xLetter ? -1 : 1
    const [m, n] = [numberAt(left, i, y), numberAt(right, i, x)]
    if (m.value !== n.value) return m.value - n.value
    if (m.end !== n.end) return m.end - n.end
    return x < y ? -1 : 1
  }
  return left.length - right.length
}

/** The number from `i` on; after leading zeros of it were equal, it counts from there. */
function numberAt(chars: readonly string[], i: number, other: string): { value: number; end: number } {
  let value = 0
  if (chars[i] === '0' || other === '0') {
    for (let j = i - 1; j >= 0 && /[0-9]/.test(chars[j] ?? ''); j--)
      if (chars[j] !== '0') {
        value = 1
        break
      }
  }
  let end = i
  for (; end < chars.length && /[0-9]/.test(chars[end] ?? ''); end++) value = value * 10 + Number(chars[end])
  return { value, end }
}
