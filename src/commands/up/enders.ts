// Why an attached session ends: a row for each reason, and what is done then. The first that holds decides.

export interface Ender {
  /** Settles when this is the reason. A rejection ends the session with its error. */
  when: Promise<void>
  /** Ends what the session was attached to, as this reason asks for; the exit code. */
  end(): Promise<number>
}

export async function endedBy(enders: readonly Ender[]): Promise<number> {
  const first = await Promise.race(enders.map(ender => ender.when.then(() => ender)))
  return first.end()
}

/** Settles when the signal fires. */
export function aborting(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (signal.aborted) resolve()
  signal.addEventListener('abort', () => resolve(), { once: true })
  return promise
}
