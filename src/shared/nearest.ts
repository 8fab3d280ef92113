// The name that was probably meant.

/** The closest of `names`, if it is close enough to be a typing mistake; else the only one that has the word in it. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  let best: string | undefined
  let least = Math.floor(word.length / 3) + 1
  for (const name of names) {
    if (Math.abs(name.length - word.length) > least) continue
    const distance = edits(word.toLowerCase(), name.toLowerCase(), least)
    if (distance < least || (distance === least && best === undefined && least <= 2)) {
      best = name
      least = distance
    }
  }
  if (best !== undefined || word.length < shortestPart) return best
  const [whole, ...others] = names.filter(name => name.toLowerCase().includes(word.toLowerCase()))
  return others.length === 0 ? whole : undefined
}

/** A shorter word is in too many names to mean one. */
const shortestPart = 5

/** Insertions, deletions, replacements and swaps from one word to the other; stops counting above `limit`. */
function edits(from: string, to: string, limit: number): number {
  let [older, previous]: [number[], number[]] = [[], Array.from({ length: to.length + 1 }, (_, i) => i)]
  for (let i = 1; i <= from.length; i++) {
    const row = [i]
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1]
      let cost = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + (same ? 0 : 1))
      if (from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) cost = Math.min(cost, (older[j - 2] ?? 0) + 1)
      row.push(cost)
    }
    if (Math.min(...row) > limit) return limit + 1
    ;[older, previous] = [previous, row]
  }
  return previous[to.length] ?? limit + 1
}
