// What an engine tells of a push that could not send all that a name's index lists.

interface PushedInstead {
  manifestPushedInsteadOfIndex?: unknown
  selectedManifest?: { digest?: string; platform?: { os?: string; architecture?: string; variant?: string } }
}

/** The sentence of the `aux` of such a push; undefined for any other. */
export function pushedInstead(aux: unknown): string | undefined {
  if (typeof aux !== 'object' || aux === null) return undefined
  // Every key is looked at.
  const { manifestPushedInsteadOfIndex, selectedManifest: { digest = '', platform = {} } = {} } = aux as PushedInstead
  if (manifestPushedInsteadOfIndex !== true) return undefined
  const { os, architecture, variant } = platform
  const name = [os, architecture, variant].filter(Boolean).join('/')
  return `only ${name === '' ? digest : `the image for ${name}`} was pushed: not all that its index lists is here`
}
