// Output that nobody reads any more. `logs | head` has what it wanted and ends, as any program does. Who has begun to
// change containers goes on without words: half a change helps nobody, least of all after Ctrl-C in `up | tee log`,
// which ends tee too.

/** 128 and the number of SIGPIPE. */
const exitCode = 141
/** Milliseconds in which the Ctrl-C that ended the reader has reached us too. */
const sameKeystroke = 100
const streams = [process.stdout, process.stderr]

/** To be called once, before anything is written. */
export function watchReaders(): void {
  for (const stream of streams)
    stream.on('error', error => {
      if ('code' in error && error.code === 'EPIPE') process.exit(exitCode)
    })
}

/** From now on the command goes on to its end. */
export function outliveReaders(): void {
  // A command is a bundle of its own: what it shares with who began to watch are the streams.
  for (const stream of streams) stream.removeAllListeners('error').on('error', () => {})
}

/** The same of one that only follows containers until it is interrupted, and has to stop them then: else it ends. */
export function followForReader(interrupted: AbortSignal): void {
  outliveReaders()
  const end = () => {
    setTimeout(() => {
      if (!interrupted.aborted) process.exit(exitCode)
    }, sameKeystroke)
  }
  if (process.stdout.errored) end()
  else process.stdout.once('error', end)
}
