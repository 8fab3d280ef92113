/** An id as people are shown it: the first twelve of its digits. */
export const shortId = (id: string): string => id.replace(/^sha256:/, '').slice(0, 12)
