// How long nobody has asked anything: an engine that nobody needs ends by itself.

export interface Activity {
  /** To be called with each request; the answer at its end. */
  begin(): () => void
  /** Milliseconds since the last request ended; 0 while one is answered. */
  quietFor(): number
}

export function createActivity(): Activity {
  let requests = 0
  let lastUse = Date.now()
  return {
    begin() {
      requests++
      return () => {
        requests--
        lastUse = Date.now()
      }
    },
    quietFor: () => (requests > 0 ? 0 : Date.now() - lastUse),
  }
}
