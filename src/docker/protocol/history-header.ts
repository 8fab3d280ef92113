/** Of a request for a container's log, to our engine: `true` also shows what the containers wrote whose place it took. */
export const historyHeader = 'x-log-history'
