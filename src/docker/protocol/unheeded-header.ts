/** Of the answer to a stop by our engine: the signal that the main process had no handler for until it was killed. */
export const unheededHeader = 'X-Unheeded-Signal'
