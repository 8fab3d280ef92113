// Random choices that a seed repeats. What the machine does meanwhile no seed can repeat.

export interface Random {
  /** 0 or more, below `end`. */
  below(end: number): number
  pick<T>(items: readonly [T, ...T[]]): T
  chance(probability: number): boolean
}

/** mulberry32: 32 bits of state, enough to choose victims and moments. */
export function seeded(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    below: end => next() * end,
    pick: items => items[Math.floor(next() * items.length)] ?? items[0],
    chance: probability => next() < probability,
  }
}
