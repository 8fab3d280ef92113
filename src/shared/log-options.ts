// Options of the logging drivers that keep logs themselves, as Docker Engine has them.

export const logOptions = {
  'json-file': ['max-size', 'max-file', 'compress', 'env', 'env-regex', 'labels', 'labels-regex', 'tag'],
  local: ['max-size', 'max-file', 'compress'],
} as const satisfies Readonly<Record<string, readonly string[]>>

/** Of all drivers: how output is handed to them. */
export const deliveryOptions = ['mode', 'max-buffer-size'] as const
